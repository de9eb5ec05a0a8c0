// SPDX-License-Identifier: MIT

package main

import (
	"runtime"
	"sync"
)

// A worker's count, on a cache line of its own.
type tally struct {
	count uint64
	_     [56]byte
}

func emptyTask(t *tally) {
	t.count++
}

func pool(r *run) {
	tasks := make(chan func(*tally), 1024)
	tallies := make([]tally, r.a)
	var all sync.WaitGroup
	for i := 0; i < r.a; i++ {
		all.Add(1)
		go func(mine *tally) {
			for task := range tasks {
				task(mine)
			}
			all.Done()
		}(&tallies[i])
	}
	r.begin()
	for i := uint64(0); i < r.work; i++ {
		tasks <- emptyTask
	}
	close(tasks)
	all.Wait()
	r.end()
	var total uint64
	for i := range tallies {
		total += tallies[i].count
	}
	r.check(total == r.work, "not every task has run once")
	r.rate("M tasks/s")
}

func result(r *run) {
	runtime.GOMAXPROCS(r.a)
	results := make([]chan uint64, r.work)
	r.begin()
	for i := range results {
		c := make(chan uint64, 1)
		results[i] = c
		go func(number uint64) { c <- number + 1 }(uint64(i))
	}
	var sum uint64
	for _, c := range results {
		sum += <-c
	}
	r.end()
	r.check(sum == r.work*(r.work+1)/2, "the results are not those of the tasks")
	r.rate("M tasks/s")
}

func fib(n int) uint64 {
	if n < 2 {
		return uint64(n)
	}
	var one uint64
	var join sync.WaitGroup
	join.Add(1)
	go func() {
		one = fib(n - 1)
		join.Done()
	}()
	two := fib(n - 2)
	join.Wait()
	return one + two
}

func fibonacci(n int) uint64 {
	a, b := uint64(0), uint64(1)
	for i := 0; i < n; i++ {
		a, b = b, a+b
	}
	return a
}

func forkjoin(r *run) {
	runtime.GOMAXPROCS(r.a)
	right := fibonacci(r.b)
	r.check(fib(r.b) == right, "the first pass gave another number")
	r.begin()
	for i := uint64(0); i < r.work; i++ {
		r.check(fib(r.b) == right, "fib gave another number")
	}
	r.end()
	r.value = r.wall / float64(r.work*(fibonacci(r.b+1)-1)) * 1e9
	r.unit = "ns"
}

func line(x, y []float64, slope, offset float64) {
	for i, v := range x {
		y[i] = slope*v + offset
	}
}

func mapPass(x, y []float64, offset float64, workers int) {
	var join sync.WaitGroup
	for i := 1; i < workers; i++ {
		first, last := len(x)*i/workers, len(x)*(i+1)/workers
		join.Add(1)
		go func() {
			line(x[first:last], y[first:last], 3, offset)
			join.Done()
		}()
	}
	line(x[:len(x)/workers], y[:len(x)/workers], 3, offset)
	join.Wait()
}

func mapLine(r *run) {
	runtime.GOMAXPROCS(r.a)
	x, y := make([]float64, r.b), make([]float64, r.b)
	for i := range x {
		x[i] = float64(i % 1000)
	}
	mapPass(x, y, 0, r.a)
	r.begin()
	for pass := uint64(1); pass <= r.work; pass++ {
		mapPass(x, y, float64(pass), r.a)
	}
	r.end()
	for i := range y {
		if y[i] != 3*float64(i%1000)+float64(r.work) {
			r.wrong = "a number was not mapped in the last pass"
			break
		}
	}
	r.value, r.unit = r.wall/float64(r.work)*1e3, "ms"
	if r.b < 1000000 {
		r.value, r.unit = r.wall/float64(r.work)*1e6, "us"
	}
}
