// SPDX-License-Identifier: MIT

package main

import (
	"runtime"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

const capacity = 1024

func put(c chan uint64, first, next uint64) {
	for item := first; item < next; item++ {
		c <- item
	}
}

func get(c chan uint64, count uint64) uint64 {
	var sum uint64
	for i := uint64(0); i < count; i++ {
		sum += <-c
	}
	return sum
}

// Where the i-th of n shares begins.
func share(whole uint64, n, i int) uint64 {
	return whole * uint64(i) / uint64(n)
}

func queue(r *run) {
	c := make(chan uint64, capacity)
	sums := make([]uint64, r.b)
	gate := make(chan struct{})
	var all sync.WaitGroup
	for i := 0; i < r.a; i++ {
		all.Add(1)
		go func(i int) {
			<-gate
			put(c, share(r.work, r.a, i), share(r.work, r.a, i+1))
			all.Done()
		}(i)
	}
	for i := 0; i < r.b; i++ {
		all.Add(1)
		go func(i int) {
			<-gate
			sums[i] = get(c, share(r.work, r.b, i+1)-share(r.work, r.b, i))
			all.Done()
		}(i)
	}
	time.Sleep(time.Millisecond)
	r.begin()
	close(gate)
	all.Wait()
	r.end()
	var sum uint64
	for _, s := range sums {
		sum += s
	}
	r.check(sum == r.work*(r.work-1)/2, "the items got are not the items put")
	r.rate("M items/s")
}

// The n-th CPU that this process may use.
func pin(n int) {
	var set, one [16]uint64
	runtime.LockOSThread()
	syscall.RawSyscall(syscall.SYS_SCHED_GETAFFINITY, 0, unsafe.Sizeof(set),
		uintptr(unsafe.Pointer(&set)))
	for cpu := 0; cpu < 1024; cpu++ {
		if set[cpu/64]>>(cpu%64)&1 == 0 {
			continue
		}
		if n == 0 {
			one[cpu/64] = 1 << (cpu % 64)
			break
		}
		n--
	}
	syscall.RawSyscall(syscall.SYS_SCHED_SETAFFINITY, 0, unsafe.Sizeof(one),
		uintptr(unsafe.Pointer(&one)))
}

func pingpong(r *run) {
	there, back := make(chan uint64, capacity), make(chan uint64, capacity)
	result := make(chan uint64)
	go func() {
		if r.a != 0 {
			pin(1)
		}
		for i := uint64(0); i < r.work; i++ {
			back <- <-there + 1
		}
	}()
	go func() {
		var sum uint64
		if r.a != 0 {
			pin(0)
		}
		r.begin()
		for i := uint64(0); i < r.work; i++ {
			there <- i
			sum += <-back
		}
		r.end()
		result <- sum
	}()
	r.check(<-result == r.work*(r.work+1)/2, "an item came back wrong")
	r.value = r.wall / float64(r.work) * 1e9
	r.unit = "ns"
}

func idle(r *run) {
	const warmUp = 1000
	c := make(chan uint64, capacity)
	warm, all := make(chan bool), make(chan bool)
	sums := make(chan uint64)
	for i := 0; i < r.a; i++ {
		go func() {
			sum := get(c, warmUp)
			warm <- true
			<-all
			sums <- sum + get(c, 1)
		}()
	}
	first := uint64(r.a) * warmUp
	put(c, 0, first)
	for i := 0; i < r.a; i++ {
		<-warm
	}
	close(all)
	time.Sleep(100 * time.Millisecond)
	r.begin()
	time.Sleep(time.Duration(r.work-100) * time.Millisecond)
	r.end()
	items := first + uint64(r.a)
	put(c, first, items)
	var sum uint64
	for i := 0; i < r.a; i++ {
		sum += <-sums
	}
	r.check(sum == items*(items-1)/2, "the items got are not the items put")
	r.value = r.cpu / r.wall * 100
	r.unit = "% of a CPU"
}
