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

// One line for the judge, see ../APP.md.
type line struct {
	Step        string
	Result      any
	Unsupported string
	Error       error
	// What the key holds after a write that was refused.
	After *any
}

func (l line) MarshalJSON() ([]byte, error) {
	fields := map[string]any{"step": l.Step}
	switch {
	case l.Step == "done":
	case l.Error != nil:
		fields["error"] = map[string]string{"code": codeOf(l.Error), "message": l.Error.Error()}
		if l.After != nil {
			fields["after"] = *l.After
		}
	case l.Unsupported != "":
		fields["unsupported"] = l.Unsupported
	default:
		fields["result"] = l.Result
	}
	return json.Marshal(fields)
}

func printLine(l line) {
	text, err := json.Marshal(l)
	if err != nil {
		log.Fatal(err)
	}
	os.Stdout.Write(append(text, '\n'))
}

// A step that should succeed.
func step(name string, do func() (any, error)) {
	result, err := do()
	printLine(line{Step: name, Result: result, Error: err})
}

var errNotRefused = errors.New("not refused")

// A step that should be refused.
func refused(name string, do func() error) {
	if err := do(); err != nil {
		printLine(line{Step: name, Error: err})
	} else {
		printLine(line{Step: name, Result: errNotRefused.Error()})
	}
}

// A write that should be refused, and what is there then.
func refusedWrite(name string, do func() error, read func() (any, error)) {
	err := do()
	after, readErr := read()
	switch {
	case readErr != nil:
		printLine(line{Step: name, Error: errors.Join(readErr, err)})
	case err != nil:
		printLine(line{Step: name, Error: err, After: &after})
	default:
		printLine(line{Step: name, Result: errNotRefused.Error()})
	}
}

// The SDK wraps the errors of gRPC.
func codeOf(err error) string {
	problem, ok := status.FromError(err)
	if !ok || problem.Code() == codes.OK {
		return ""
	}
	return code.Code(problem.Code()).String()
}
