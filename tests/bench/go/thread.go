// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"os"
	"sync/atomic"
)

func pairs(r *run) {
	var count uint64
	done := make(chan struct{})
	r.begin()
	for i := uint64(0); i < r.work; i++ {
		go func() {
			atomic.AddUint64(&count, 1)
			done <- struct{}{}
		}()
		<-done
	}
	r.end()
	r.check(count == r.work, "not every goroutine has run once")
	r.value = float64(r.work) / r.wall * 1e-3
	r.unit = "k pairs/s"
}

func thousand(r *run) {
	var count uint64
	done := make(chan struct{})
	r.begin()
	for i := uint64(0); i < r.work; i++ {
		go func() {
			atomic.AddUint64(&count, 1)
			done <- struct{}{}
		}()
	}
	for i := uint64(0); i < r.work; i++ {
		<-done
	}
	r.end()
	r.check(count == r.work, "not every goroutine has run once")
	r.value = r.wall * 1e3
	r.unit = "ms"
}

// Resident KiB of this process.
func resident() float64 {
	var total, pages int
	text, _ := os.ReadFile("/proc/self/statm")
	fmt.Sscan(string(text), &total, &pages)
	return float64(pages*os.Getpagesize()) / 1024
}

func memory(r *run) {
	asleep, wake := make(chan struct{}), make(chan struct{})
	done := make(chan struct{})
	resident() // what it needs itself is there now
	r.begin()
	before := resident()
	for i := uint64(0); i < r.work; i++ {
		go func() {
			asleep <- struct{}{}
			<-wake
			done <- struct{}{}
		}()
	}
	for i := uint64(0); i < r.work; i++ {
		<-asleep
	}
	r.value = (resident() - before) / float64(r.work)
	r.unit = "KiB"
	close(wake)
	for i := uint64(0); i < r.work; i++ {
		<-done
	}
	r.end()
}
