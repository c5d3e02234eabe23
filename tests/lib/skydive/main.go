// SPDX-License-Identifier: Apache-2.0

// A program that looks like a busy analyzer: Go with C in it, hundreds of goroutines, garbage, requests over the network,
// children, variables of its own in every thread. It knows nothing of what runs beside it in its process, and says what
// is different for it:
//
//	skydive analyzer GOROUTINES
//
// "ready" is said when all run, "busy" when some of everything has happened. It ends with exit code 7 when standard input
// does, or with SIGTERM; then it has said, as JSON, what happened. What is wrong stands in "Problems".
package main

/*
static __thread int own = 5;

static int touch(int value)
{
	int before = own;

	own = value;
	return before;
}
*/
import "C"

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

type report struct {
	Requests, Children, Collections int64
	Signals                         map[string]string
	Environment                     string
	Saw                             map[string]int // children, of what they inherited
	Problems                        []string
}

var (
	done  = make(chan struct{})
	mutex sync.Mutex
	out   report
	kept  [64][]byte
)

func complain(format string, values ...interface{}) {
	mutex.Lock()
	defer mutex.Unlock()
	if len(out.Problems) < 20 {
		out.Problems = append(out.Problems, fmt.Sprintf(format, values...))
	}
}

func isOver() bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

// Garbage, of all sizes.
func litter(number int) {
	for round := 0; !isOver(); round++ {
		block := make([]byte, 1<<(round%14))
		block[0] = byte(number)
		mutex.Lock()
		kept[(number+round)%len(kept)] = block
		mutex.Unlock()
		time.Sleep(time.Millisecond)
		if block[0] != byte(number) {
			complain("a block was written to by somebody else")
		}
	}
}

// A thread of C has what it left there.
func touch(number int) {
	runtime.LockOSThread()
	expected := C.touch(C.int(number))
	for !isOver() {
		if got := C.touch(C.int(number)); got != C.int(number) {
			complain("a variable of the thread is %d and was %d, at first %d", got, number, expected)
			return
		}
		time.Sleep(time.Millisecond)
	}
}

func ask(address string) {
	for !isOver() {
		connection, err := net.Dial("tcp", address)
		if err != nil {
			complain("request: %v", err)
			return
		}
		text, err := io.ReadAll(connection)
		connection.Close()
		if err != nil || string(text) != "fine" {
			complain("answer: %v %q", err, text)
		}
		atomic.AddInt64(&out.Requests, 1)
		time.Sleep(5 * time.Millisecond)
	}
}

// They say what they inherited: the variable, shared objects, how many files (with one for the directory of files).
func startChildren() {
	for !isOver() {
		command := exec.Command("/bin/sh", "-c", `echo "[$LD_PRELOAD]"; cat /proc/self/maps | grep -c skydive; ls /proc/self/fd | wc -l; kill -9 $$`)
		var text bytes.Buffer
		command.Stdout = &text
		err := command.Run()
		if exit, ok := err.(*exec.ExitError); !ok || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			complain("child: %v", err)
			return
		}
		mutex.Lock()
		out.Saw[strings.Join(strings.Fields(text.String()), " ")]++
		mutex.Unlock()
		atomic.AddInt64(&out.Children, 1)
		time.Sleep(10 * time.Millisecond)
	}
}

func signals() map[string]string {
	found := map[string]string{}
	text, _ := os.ReadFile("/proc/self/status")
	for _, line := range strings.Split(string(text), "\n") {
		if strings.HasPrefix(line, "SigIgn") || strings.HasPrefix(line, "SigCgt") {
			found[line[:6]] = strings.TrimSpace(line[7:])
		}
	}
	return found
}

func serve() string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				complain("listener: %v", err)
				return
			}
			io.WriteString(connection, "fine")
			connection.Close()
		}
	}()
	return listener.Addr().String()
}

func main() {
	count, err := strconv.Atoi(os.Args[len(os.Args)-1])
	if err != nil || count < 1 {
		fmt.Fprintln(os.Stderr, "usage: skydive analyzer GOROUTINES")
		os.Exit(2)
	}
	out.Saw = map[string]int{}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	address := serve()
	go startChildren()
	for number := 0; number < count; number++ {
		switch number % 20 {
		case 0:
			go ask(address)
		case 1:
			go touch(number)
		default:
			go litter(number)
		}
	}
	go func() {
		io.Copy(io.Discard, os.Stdin)
		stop <- syscall.SIGTERM
	}()
	go func() {
		for !isOver() {
			runtime.GC()
			atomic.AddInt64(&out.Collections, 1)
			time.Sleep(5 * time.Millisecond)
		}
	}()
	fmt.Println("ready")
	go func() {
		for atomic.LoadInt64(&out.Requests) < 3 || atomic.LoadInt64(&out.Children) < 3 || atomic.LoadInt64(&out.Collections) < 3 {
			time.Sleep(time.Millisecond)
		}
		fmt.Println("busy")
	}()
	<-stop
	close(done)
	mutex.Lock()
	out.Signals = signals()
	out.Environment = os.Getenv("LD_PRELOAD")
	json.NewEncoder(os.Stdout).Encode(&out)
	os.Exit(7)
}
