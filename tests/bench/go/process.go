// SPDX-License-Identifier: MIT

package main

import (
	"os"
	"os/exec"
	"path/filepath"
)

// What a child returns: SPAWN_CODE in processes.h.
const spawnCode = 42

func spawn(r *run) {
	self, err := os.Executable()
	r.check(err == nil, "where this program is cannot be told")
	child := filepath.Join(filepath.Dir(self), "weft-bench-spawn")
	large := make([]byte, r.a<<20)
	for i := 0; i < len(large); i += 4096 {
		large[i] = 1
	}
	r.begin()
	for i := uint64(0); i < r.work; i++ {
		command := exec.Command(child, "--return")
		command.Run()
		r.check(command.ProcessState != nil && command.ProcessState.ExitCode() == spawnCode,
			"a process did not end as it should")
	}
	r.end()
	r.check(len(large) == 0 || large[0] == 1, "the parent lost its memory")
	r.value = float64(r.work) / r.wall
	r.unit = "per s"
}
