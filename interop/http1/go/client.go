package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"time"
)

var transport = &http.Transport{MaxIdleConnsPerHost: 64, ExpectContinueTimeout: 20 * time.Second}
var http1 = &http.Client{Transport: transport, Timeout: 30 * time.Second}

// net/http as a client of a trilbyd: a line a step, `ok NAME` or `FAIL NAME: WHY`.
func client(words []string) {
	url := words[0]
	for _, size := range []int{1, 1_000, 64_000, 1_000_000, 4_000_000} {
		step(fmt.Sprintf("a value of %d bytes goes and comes back", size), func() error { return roundTrip(url, size, false, nil) })
	}
	step("a body of unknown length", func() error { return roundTrip(url, 100_000, true, nil) })
	step("Expect: 100-continue", func() error { return roundTrip(url, 100_000, false, http.Header{"Expect": {"100-continue"}}) })
	step("Expect: 100-continue with a body of unknown length", func() error {
		return roundTrip(url, 100_000, true, http.Header{"Expect": {"100-continue"}})
	})
	step("a body that is too large is refused, and the refusal is seen", func() error {
		response, err := http1.Post(url+"/v1.0/state/store", "application/json", strings.NewReader(item("large", 20_000_000)))
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if response.StatusCode != 400 && response.StatusCode != 413 {
			return fmt.Errorf("status %d", response.StatusCode)
		}
		return nil
	})
	step("HEAD and OPTIONS", func() error {
		for _, method := range []string{"HEAD", "OPTIONS"} {
			response, err := send(method, url+"/v1.0/metadata", nil, nil)
			if err != nil || response.StatusCode >= 500 {
				return fmt.Errorf("%s: %v %w", method, response, err)
			}
		}
		return nil
	})
	step("100 requests on one connection", func() error {
		fresh := 0
		trace := &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
			if !info.Reused {
				fresh++
			}
		}}
		for range 100 {
			request, _ := http.NewRequest("GET", url+"/v1.0/state/store/1000", nil)
			response, err := http1.Do(request.WithContext(httptrace.WithClientTrace(request.Context(), trace)))
			if err != nil {
				return err
			}
			io.Copy(io.Discard, response.Body)
			response.Body.Close()
		}
		if fresh > 1 {
			return fmt.Errorf("%d connections", fresh)
		}
		return nil
	})
	step("32 at once, 640 in all", func() error { return manyAtOnce(url) })
	step("Connection: close", func() error {
		closing := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 30 * time.Second}
		for range 20 {
			response, err := closing.Get(url + "/v1.0/state/store/64000")
			if err != nil {
				return err
			}
			body, err := io.ReadAll(response.Body)
			response.Body.Close()
			if err != nil || len(body) != 64_002 {
				return fmt.Errorf("%d bytes: %w", len(body), err)
			}
		}
		return nil
	})
	step("h2c by prior knowledge", func() error {
		protocols := new(http.Protocols)
		protocols.SetUnencryptedHTTP2(true)
		h2c := &http.Client{Transport: &http.Transport{Protocols: protocols}, Timeout: 30 * time.Second}
		response, err := h2c.Get(url + "/v1.0/state/store/64000")
		if err != nil {
			return err
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil || len(body) != 64_002 || response.ProtoMajor != 2 {
			return fmt.Errorf("%d bytes of %s: %w", len(body), response.Proto, err)
		}
		return nil
	})
}

func step(name string, run func() error) {
	if err := run(); err != nil {
		fmt.Printf("FAIL %s: %q\n", name, err)
	} else {
		fmt.Println("ok " + name)
	}
}

func item(key string, size int) string {
	return fmt.Sprintf(`[{"key":"%s","value":"%s"}]`, key, strings.Repeat("x", size))
}

func send(method, url string, body io.Reader, headers http.Header) (*http.Response, error) {
	request, err := http.NewRequest(method, url, body)
	if err != nil {
		return nil, err
	}
	if headers != nil {
		request.Header = headers.Clone()
	}
	response, err := http1.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	response.Body = io.NopCloser(bytes.NewReader(content))
	return response, err
}

func roundTrip(url string, size int, chunked bool, headers http.Header) error {
	var body io.Reader = strings.NewReader(item(fmt.Sprint(size), size))
	if chunked {
		// Hides its length.
		body = io.MultiReader(body)
	}
	response, err := send("POST", url+"/v1.0/state/store", body, headers)
	if err != nil {
		return err
	}
	if response.StatusCode != 204 {
		return fmt.Errorf("saved with %d", response.StatusCode)
	}
	response, err = send("GET", fmt.Sprintf("%s/v1.0/state/store/%d", url, size), nil, nil)
	if err != nil {
		return err
	}
	content, _ := io.ReadAll(response.Body)
	if string(content) != `"`+strings.Repeat("x", size)+`"` {
		return fmt.Errorf("%d with %d bytes came back", response.StatusCode, len(content))
	}
	return nil
}

func manyAtOnce(url string) error {
	var group sync.WaitGroup
	failed := make(chan error, 32)
	for range 32 {
		group.Go(func() {
			for range 20 {
				response, err := send("GET", url+"/v1.0/state/store/1000", nil, nil)
				if err == nil && response.StatusCode != 200 {
					err = errors.New(response.Status)
				}
				if err != nil {
					failed <- err
					return
				}
			}
		})
	}
	group.Wait()
	close(failed)
	return <-failed
}
