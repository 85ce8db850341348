package main

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"
)

// Figures are what one measured time came to.
type figures struct {
	Requests   int     `json:"requests"`
	Errors     int     `json:"errors"`
	FirstError string  `json:"firstError,omitempty"`
	Seconds    float64 `json:"seconds"`
	P50Micros  float64 `json:"p50Micros"`
	P99Micros  float64 `json:"p99Micros"`
	MaxMicros  float64 `json:"maxMicros"`
	// By process id.
	CPUMicros map[int]float64 `json:"cpuMicros"`
	RSSBytes  map[int]int     `json:"rssBytes"`
}

// Times of what is measured: a while to warm up, then a while that counts.
type times struct {
	WarmSeconds float64 `json:"warmSeconds"`
	Seconds     float64 `json:"seconds"`
	// Processes whose CPU time and memory are wanted.
	Pids []int `json:"pids"`
}

type recorder struct {
	measuring bool
	latencies []time.Duration
	errors    int
	first     string
}

func (r *recorder) done(latency time.Duration) {
	if r.measuring {
		r.latencies = append(r.latencies, latency)
	}
}

// Errors count from the beginning on.
func (r *recorder) failed(format string, values ...any) {
	if r.errors == 0 {
		r.first = fmt.Sprintf(format, values...)
	}
	r.errors++
}

// Turns the loop for the whole time. It ends early when more goes wrong than can be put down to chance.
func (r *recorder) record(plan times, turn func(time.Duration) error) (figures, error) {
	spend := func(seconds float64) error {
		end := time.Now().Add(time.Duration(seconds * float64(time.Second)))
		// Large requests on a slow machine: one figure is better than none.
		last := end.Add(10 * time.Second)
		for r.errors < 1_000 {
			now := time.Now()
			if now.After(end) && (len(r.latencies) > 0 || !r.measuring || now.After(last)) {
				break
			}
			if err := turn(10 * time.Millisecond); err != nil {
				return err
			}
		}
		return nil
	}
	if err := spend(plan.WarmSeconds); err != nil {
		return figures{}, err
	}
	r.measuring = true
	before := cpuOf(plan.Pids)
	started := time.Now()
	if err := spend(plan.Seconds); err != nil {
		return figures{}, err
	}
	seconds := time.Since(started).Seconds()
	after := cpuOf(plan.Pids)
	r.measuring = false
	cpu := map[int]float64{}
	for pid := range after {
		cpu[pid] = after[pid] - before[pid]
	}
	slices.Sort(r.latencies)
	return figures{
		Requests:   len(r.latencies),
		Errors:     r.errors,
		FirstError: r.first,
		Seconds:    seconds,
		P50Micros:  r.quantile(0.50),
		P99Micros:  r.quantile(0.99),
		MaxMicros:  r.quantile(1),
		CPUMicros:  cpu,
		RSSBytes:   rssOf(plan.Pids),
	}, nil
}

func (r *recorder) quantile(share float64) float64 {
	if len(r.latencies) == 0 {
		return 0
	}
	index := min(int(share*float64(len(r.latencies))), len(r.latencies)-1)
	return float64(r.latencies[index]) / 1e3
}

// User and system time in microseconds. The kernel counts in hundredths of a second.
func cpuOf(pids []int) map[int]float64 {
	used := map[int]float64{}
	for _, pid := range pids {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			continue
		}
		// The name of the program, in parentheses, may hold blanks. User and system time are fields 14 and 15 of all.
		fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
		user, _ := strconv.Atoi(string(fields[11]))
		system, _ := strconv.Atoi(string(fields[12]))
		used[pid] = float64(user+system) * 10_000
	}
	return used
}

func rssOf(pids []int) map[int]int {
	used := map[int]int{}
	for _, pid := range pids {
		statm, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
		if err != nil {
			continue
		}
		pages, _ := strconv.Atoi(string(bytes.Fields(statm)[1]))
		used[pid] = pages * os.Getpagesize()
	}
	return used
}
