// What the bench loads its subjects with: one thread, epoll, requests that were made before. It costs as little as can be, because it shares the
// machine with what it measures. Every command reads a plan, a line of JSON, and answers with a line of JSON.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
)

func main() {
	commands := map[string]func(*bufio.Scanner) error{
		"http":     runOnce(loadHTTP),
		"grpc":     runOnce(loadGRPC),
		"idle":     holdIdle,
		"delivery": serveAndDeliver,
		"echo":     serveEcho,
	}
	name := ""
	if len(os.Args) == 2 {
		name = os.Args[1]
	}
	command, known := commands[name]
	if !known {
		fmt.Fprintln(os.Stderr, "usage: load http|grpc|idle|delivery|echo < plan")
		os.Exit(2)
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<30)
	if err := command(lines); err != nil {
		fmt.Fprintln(os.Stderr, name+":", err)
		os.Exit(1)
	}
}

func runOnce[Plan, Result any](run func(Plan) (Result, error)) func(*bufio.Scanner) error {
	return func(lines *bufio.Scanner) error {
		plan, err := nextLine[Plan](lines)
		if err != nil {
			return err
		}
		result, err := run(plan)
		if err != nil {
			return err
		}
		return answer(result)
	}
}

func nextLine[Plan any](lines *bufio.Scanner) (plan Plan, err error) {
	if !lines.Scan() {
		return plan, fmt.Errorf("no plan on standard input: %w", lines.Err())
	}
	return plan, json.Unmarshal(lines.Bytes(), &plan)
}

func answer(result any) error { return json.NewEncoder(os.Stdout).Encode(result) }
