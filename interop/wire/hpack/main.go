// A peer of header compression: golang.org/x/net's, told by lines of JSON what to do, answering a line each.
package main

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"

	"golang.org/x/net/http2/hpack"
)

// Bytes stand in hexadecimal digits.
type order struct {
	// Begins a new connection, with a dynamic table of so many bytes.
	New    *uint32     `json:"new"`
	Encode [][2]string `json:"encode"`
	Decode *string     `json:"decode"`
}

type answer struct {
	Block  *string     `json:"block,omitempty"`
	Fields [][2]string `json:"fields,omitempty"`
	Error  string      `json:"error,omitempty"`
}

func main() {
	var encoder *hpack.Encoder
	var decoder *hpack.Decoder
	block := new(bytes.Buffer)
	input := bufio.NewScanner(os.Stdin)
	input.Buffer(nil, 64<<20)
	output := bufio.NewWriter(os.Stdout)
	defer output.Flush()
	for input.Scan() {
		var asked order
		if err := json.Unmarshal(input.Bytes(), &asked); err != nil {
			fail(err)
		}
		var said answer
		switch {
		case asked.New != nil:
			encoder = hpack.NewEncoder(block)
			encoder.SetMaxDynamicTableSizeLimit(*asked.New)
			encoder.SetMaxDynamicTableSize(*asked.New)
			decoder = hpack.NewDecoder(*asked.New, nil)
		case asked.Decode != nil:
			fields, err := decoder.DecodeFull(bytesOf(*asked.Decode))
			if err != nil {
				said.Error = err.Error()
			}
			for _, field := range fields {
				said.Fields = append(said.Fields, [2]string{hex.EncodeToString([]byte(field.Name)), hex.EncodeToString([]byte(field.Value))})
			}
		default:
			block.Reset()
			for _, field := range asked.Encode {
				err := encoder.WriteField(hpack.HeaderField{Name: string(bytesOf(field[0])), Value: string(bytesOf(field[1]))})
				if err != nil {
					fail(err)
				}
			}
			digits := hex.EncodeToString(block.Bytes())
			said.Block = &digits
		}
		line, err := json.Marshal(said)
		if err != nil {
			fail(err)
		}
		output.Write(line)
		output.WriteByte('\n')
	}
	if err := input.Err(); err != nil {
		fail(err)
	}
}

func bytesOf(digits string) []byte {
	bytes, err := hex.DecodeString(digits)
	if err != nil {
		fail(err)
	}
	return bytes
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
