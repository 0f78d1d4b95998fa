// switch.go - two goroutines that hand the turn to each other, and the processor with it: what a switch costs.
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

type runner struct {
	owner *int
	me    int
	count int
	turns int
}

func (one *runner) run(all *sync.WaitGroup) {
	for one.turns < one.count {
		if *one.owner == one.me {
			*one.owner = 1 - one.me
			one.turns++
		}
		runtime.Gosched()
	}
	all.Done()
}

func main() {
	runtime.GOMAXPROCS(1)
	count, _ := strconv.Atoi(os.Args[1])
	owner := 0
	first := runner{&owner, 0, count / 2, 0}
	second := runner{&owner, 1, count / 2, 0}
	var all sync.WaitGroup
	all.Add(2)
	go first.run(&all)
	go second.run(&all)
	all.Wait()
	if first.turns+second.turns != count/2*2 {
		fmt.Fprintf(os.Stderr, "switch: %d and %d are wrong\n", first.turns, second.turns)
		os.Exit(1)
	}
	fmt.Printf("switch: %d\n", count)
}
