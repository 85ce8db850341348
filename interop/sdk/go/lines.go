package main

import (
	"encoding/json"
	"errors"
	"log"
	"os"

	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// One line for the judge, see ../APP.md. A pointer to nil is null, a nil pointer is left out.
type line struct {
	Step   string   `json:"step"`
	Result *any     `json:"result,omitempty"`
	Error  *refusal `json:"error,omitempty"`
	// What the key holds after a write that was refused.
	After *any `json:"after,omitempty"`
}

type refusal struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (l line) print() {
	text, err := json.Marshal(l)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := os.Stdout.Write(append(text, '\n')); err != nil {
		log.Fatal(err)
	}
}

// A step that should succeed.
func step(name string, do func() (any, error)) {
	result, err := do()
	if err != nil {
		line{Step: name, Error: described(err)}.print()
	} else {
		line{Step: name, Result: &result}.print()
	}
}

// A step that should be refused.
func refused(name string, do func() error) {
	if err := do(); err != nil {
		line{Step: name, Error: described(err)}.print()
	} else {
		line{Step: name, Result: &notRefused}.print()
	}
}

// A write that should be refused, and what is there then.
func refusedWrite(name string, write func() error, read func() (any, error)) {
	err := write()
	after, readErr := read()
	switch {
	case readErr != nil:
		line{Step: name, Error: described(errors.Join(readErr, err))}.print()
	case err != nil:
		line{Step: name, Error: described(err), After: &after}.print()
	default:
		line{Step: name, Result: &notRefused}.print()
	}
}

var notRefused any = "not refused"

// The SDK wraps the errors of gRPC.
func described(err error) *refusal {
	name := ""
	if problem, ok := status.FromError(err); ok && problem.Code() != codes.OK {
		name = code.Code(problem.Code()).String()
	}
	return &refusal{Code: name, Message: err.Error()}
}
