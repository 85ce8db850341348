package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/dapr/components-contrib/state"
)

// A shelf is a state store in one file, so that what was saved is still there after the process was killed.
type shelf struct {
	state.BulkStore
	lock   sync.Mutex
	file   string
	stored shelfContents
}

type shelfContents struct {
	Items  map[string]item `json:"items"`
	Writes int             `json:"writes"`
}

type item struct {
	Data []byte `json:"data"`
	Etag string `json:"etag"`
}

func (s *shelf) Init(_ context.Context, metadata state.Metadata) error {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.BulkStore = state.NewDefaultBulkStore(s)
	s.file = metadata.Properties["file"]
	if s.file == "" {
		return errors.New("file is missing")
	}
	s.stored = shelfContents{Items: map[string]item{}}
	bytes, err := os.ReadFile(s.file)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(bytes, &s.stored)
}

func (s *shelf) Features() []state.Feature {
	return []state.Feature{state.FeatureETag, state.FeatureTransactional}
}

func (s *shelf) Get(_ context.Context, request *state.GetRequest) (*state.GetResponse, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	found, ok := s.stored.Items[request.Key]
	if !ok {
		return &state.GetResponse{}, nil
	}
	return &state.GetResponse{Data: found.Data, ETag: &found.Etag}, nil
}

func (s *shelf) Set(_ context.Context, request *state.SetRequest) error {
	return s.write(*request)
}

func (s *shelf) Delete(_ context.Context, request *state.DeleteRequest) error {
	return s.write(*request)
}

func (s *shelf) Multi(_ context.Context, request *state.TransactionalStateRequest) error {
	return s.write(request.Operations...)
}

func (s *shelf) GetComponentMetadata() map[string]string { return nil }

// All or none: the contents are replaced after every operation has passed its check.
func (s *shelf) write(operations ...state.TransactionalStateOperation) error {
	s.lock.Lock()
	defer s.lock.Unlock()
	if s.file == "" {
		return errors.New("the shelf was not initialised")
	}
	next := shelfContents{Items: map[string]item{}, Writes: s.stored.Writes}
	for key, each := range s.stored.Items {
		next.Items[key] = each
	}
	for _, operation := range operations {
		switch request := operation.(type) {
		case state.SetRequest:
			if err := check(next, request.Key, request.ETag); err != nil {
				return err
			}
			if _, taken := next.Items[request.Key]; taken && isFirstWrite(request) {
				return state.NewETagError(state.ETagMismatch, errors.New(request.Key))
			}
			data, err := toBytes(request.Value)
			if err != nil {
				return err
			}
			next.Writes++
			next.Items[request.Key] = item{Data: data, Etag: fmt.Sprint(next.Writes)}
		case state.DeleteRequest:
			if err := check(next, request.Key, request.ETag); err != nil {
				return err
			}
			delete(next.Items, request.Key)
		}
	}
	bytes, err := json.Marshal(next)
	if err != nil {
		return err
	}
	if err := os.WriteFile(s.file, bytes, 0o600); err != nil {
		return err
	}
	s.stored = next
	return nil
}

func isFirstWrite(request state.SetRequest) bool {
	hasEtag := request.ETag != nil && *request.ETag != ""
	return !hasEtag && request.Options.Concurrency == state.FirstWrite
}

func check(contents shelfContents, key string, etag *string) error {
	if etag == nil || *etag == "" || contents.Items[key].Etag == *etag {
		return nil
	}
	return state.NewETagError(state.ETagMismatch, errors.New(key))
}

func toBytes(value any) ([]byte, error) {
	if bytes, ok := value.([]byte); ok {
		return bytes, nil
	}
	return json.Marshal(value)
}
