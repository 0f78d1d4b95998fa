// spawn.go - goroutines that are started, do next to nothing, and are waited for, one after the other.
//
// SPDX-License-Identifier: LGPL-2.1-or-later

package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
)

func main() {
	runtime.GOMAXPROCS(1)
	count, _ := strconv.Atoi(os.Args[1])
	done := 0
	for i := 0; i < count; i++ {
		var all sync.WaitGroup
		all.Add(1)
		go func() {
			done++
			all.Done()
		}()
		all.Wait()
	}
	if done != count {
		fmt.Fprintf(os.Stderr, "spawn: %d is wrong\n", done)
		os.Exit(1)
	}
	fmt.Printf("spawn: %d\n", count)
}
