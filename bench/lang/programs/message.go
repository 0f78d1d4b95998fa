// message.go - numbers that one goroutine sends to another through a channel with room for 64.
//
// SPDX-License-Identifier: LGPL-2.1-or-later

package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
)

func send(to chan int, count int) {
	for i := 1; i <= count; i++ {
		to <- i
	}
	close(to)
}

func main() {
	runtime.GOMAXPROCS(1)
	count, _ := strconv.Atoi(os.Args[1])
	between := make(chan int, 64)
	go send(between, count)
	sum := 0
	for item := range between {
		sum += item
	}
	if sum != (count+1)*count/2 {
		fmt.Fprintf(os.Stderr, "message: %d is wrong\n", sum)
		os.Exit(1)
	}
	fmt.Printf("message: %d\n", count)
}
