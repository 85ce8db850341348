// A state store in memory, made with Dapr's Go SDK for pluggable components: the peer of ours behind a socket. It does as little as a store can.
package main

import (
	"context"
	"encoding/json"
	"strconv"
	"sync"

	dapr "github.com/dapr-sandbox/components-go-sdk"
	sdk "github.com/dapr-sandbox/components-go-sdk/state/v1"
	"github.com/dapr/components-contrib/state"
)

func main() {
	dapr.Register("go-memory", dapr.WithStateStore(func() sdk.Store { return &store{items: map[string]item{}} }))
	dapr.MustRun()
}

type store struct {
	state.BulkStore
	lock   sync.RWMutex
	items  map[string]item
	writes int
}

type item struct {
	data []byte
	etag string
}

func (s *store) Init(context.Context, state.Metadata) error {
	s.BulkStore = state.NewDefaultBulkStore(s)
	return nil
}

func (s *store) Features() []state.Feature               { return []state.Feature{state.FeatureETag} }
func (s *store) GetComponentMetadata() map[string]string { return nil }

func (s *store) Get(_ context.Context, request *state.GetRequest) (*state.GetResponse, error) {
	s.lock.RLock()
	defer s.lock.RUnlock()
	found, ok := s.items[request.Key]
	if !ok {
		return &state.GetResponse{}, nil
	}
	return &state.GetResponse{Data: found.data, ETag: &found.etag}, nil
}

func (s *store) Set(_ context.Context, request *state.SetRequest) error {
	data, ok := request.Value.([]byte)
	if !ok {
		var err error
		if data, err = json.Marshal(request.Value); err != nil {
			return err
		}
	}
	s.lock.Lock()
	defer s.lock.Unlock()
	if err := s.check(request.Key, request.ETag); err != nil {
		return err
	}
	s.writes++
	s.items[request.Key] = item{data: data, etag: strconv.Itoa(s.writes)}
	return nil
}

func (s *store) Delete(_ context.Context, request *state.DeleteRequest) error {
	s.lock.Lock()
	defer s.lock.Unlock()
	if err := s.check(request.Key, request.ETag); err != nil {
		return err
	}
	delete(s.items, request.Key)
	return nil
}

func (s *store) check(key string, etag *string) error {
	if etag == nil || *etag == "" || s.items[key].etag == *etag {
		return nil
	}
	return state.NewETagError(state.ETagMismatch, nil)
}
