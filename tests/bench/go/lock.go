// SPDX-License-Identifier: MIT

package main

import (
	"sync"
	"sync/atomic"
	"time"
)

func uncontended(r *run) {
	var mutex sync.Mutex
	for i := uint64(0); i < r.work/10+1; i++ {
		mutex.Lock()
		mutex.Unlock()
	}
	r.begin()
	for i := uint64(0); i < r.work; i++ {
		mutex.Lock()
		mutex.Unlock()
	}
	r.end()
	r.value = r.wall / float64(r.work) * 1e9
	r.unit = "ns"
}

func steps(state uint64, count int) uint64 {
	for i := 0; i < count; i++ {
		state += state>>7 | 1
	}
	return state
}

// Kept, so that the work outside the lock cannot be left out.
var sink uint64

func lock(r *run) {
	var guarded struct {
		_     [64]byte
		mutex sync.Mutex
		state uint64
		count uint64
		_     [64]byte
	}
	var stop uint32
	taken := make([]uint64, r.a)
	gate := make(chan struct{})
	var all sync.WaitGroup
	for i := range taken {
		all.Add(1)
		go func(i int) {
			var count uint64
			state := uint64(i + 1)
			<-gate
			for atomic.LoadUint32(&stop) == 0 {
				guarded.mutex.Lock()
				guarded.state = steps(guarded.state, 8)
				guarded.count++
				guarded.mutex.Unlock()
				state = steps(state, 32)
				count++
			}
			taken[i] = count
			atomic.AddUint64(&sink, state)
			all.Done()
		}(i)
	}
	r.begin()
	close(gate)
	time.Sleep(time.Duration(r.work) * time.Millisecond)
	atomic.StoreUint32(&stop, 1)
	all.Wait()
	r.end()
	sum, most, least := uint64(0), uint64(0), taken[0]
	for _, t := range taken {
		sum += t
		if t > most {
			most = t
		}
		if t < least {
			least = t
		}
	}
	r.check(sum == guarded.count, "two threads were inside at once")
	r.value = float64(sum) / r.wall * 1e-6
	r.unit = "M/s"
	if least == 0 {
		least = 1
	}
	r.note("fair", float64(most)/float64(least))
}
