package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
)

// A server for clients: it says its port on its first line, and answers a POST with what it got, and a GET with as many bytes as asked for.
func serve([]string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("port", listener.Addr().(*net.TCPAddr).Port)
	http.HandleFunc("/echo", func(response http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(request.Body)
		if err != nil {
			http.Error(response, err.Error(), http.StatusBadRequest)
			return
		}
		response.Header().Set("X-Method", request.Method)
		response.Write(body)
	})
	http.HandleFunc("/bytes/{count}", func(response http.ResponseWriter, request *http.Request) {
		count, _ := strconv.Atoi(request.PathValue("count"))
		if request.URL.Query().Has("length") {
			response.Header().Set("Content-Length", strconv.Itoa(count))
		}
		if request.URL.Query().Has("close") {
			response.Header().Set("Connection", "close")
		}
		block := make([]byte, 10_000)
		for at := range block {
			block[at] = 'x'
		}
		for count > 0 {
			part := min(count, len(block))
			response.Write(block[:part])
			response.(http.Flusher).Flush()
			count -= part
		}
	})
	http.HandleFunc("/status/{code}", func(response http.ResponseWriter, request *http.Request) {
		code, _ := strconv.Atoi(request.PathValue("code"))
		response.WriteHeader(code)
	})
	go func() {
		// Ends with whoever started it.
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	log.Fatal(http.Serve(listener, nil))
}
