// SPDX-License-Identifier: MIT

// weft-bench-go makes one measurement, as weft-bench --measure does: FAMILY PEER WORK A B.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

type run struct {
	work  uint64
	a, b  int
	value float64
	unit  string
	wall  float64
	cpu   float64
	csw   int64
	wrong string
	notes string
	began time.Time
}

// CPU seconds and sleeps of this process and of those that it waited for.
func usage() (cpu float64, csw int64) {
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		syscall.Getrusage(who, &u)
		cpu += float64(u.Utime.Sec+u.Stime.Sec) + float64(u.Utime.Usec+u.Stime.Usec)*1e-6
		csw += u.Nvcsw
	}
	return
}

func (r *run) begin() {
	r.cpu, r.csw = usage()
	r.began = time.Now()
}

func (r *run) end() {
	r.wall = time.Since(r.began).Seconds()
	cpu, csw := usage()
	r.cpu = cpu - r.cpu
	r.csw = csw - r.csw
}

// M operations per second.
func (r *run) rate(unit string) {
	r.value = float64(r.work) / r.wall * 1e-6
	r.unit = unit
}

func (r *run) check(right bool, sentence string) {
	if !right {
		r.wrong = sentence
	}
}

func (r *run) note(name string, value float64) {
	r.notes += fmt.Sprintf(", %q: %.9g", name, value)
}

var families = map[string]func(*run){
	"queue":       queue,
	"pingpong":    pingpong,
	"idle":        idle,
	"pool":        pool,
	"result":      result,
	"forkjoin":    forkjoin,
	"map":         mapLine,
	"uncontended": uncontended,
	"lock":        lock,
	"pairs":       pairs,
	"thousand":    thousand,
	"memory":      memory,
	"spawn":       spawn,
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "--version" {
		fmt.Println(runtime.Version())
		return
	}
	if len(os.Args) == 5 && os.Args[1] == "--serve" {
		serve(os.Args[3])
	}
	if len(os.Args) != 7 || families[os.Args[2]] == nil {
		fmt.Fprintln(os.Stderr, "weft-bench-go: --measure FAMILY PEER WORK A B")
		os.Exit(2)
	}
	work, _ := strconv.ParseUint(os.Args[4], 10, 64)
	a, _ := strconv.Atoi(os.Args[5])
	b, _ := strconv.Atoi(os.Args[6])
	r := &run{work: work, a: a, b: b}
	families[os.Args[2]](r)
	if r.wrong != "" {
		fmt.Printf("{\"wrong\": %q}\n", r.wrong)
		os.Exit(1)
	}
	fmt.Printf("{\"value\": %.9g, \"unit\": %q, \"wall\": %.9g, \"cpu\": %.9g, \"csw\": %d%s}\n",
		r.value, r.unit, r.wall, r.cpu, r.csw, r.notes)
}
