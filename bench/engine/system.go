package main

import (
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"steward/schemas"
)

// system is the other system, which answers at once.
type system struct {
	address string
	server  *http.Server
	calls   atomic.Int64
}

func startSystem() (*system, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &system{address: listener.Addr().String()}
	s.server = &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s.calls.Add(1)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"status":"shipped"}`)
	})}
	go func() { _ = s.server.Serve(listener) }()
	return s, nil
}

func (s *system) close() { _ = s.server.Close() }

func (s *system) answered() int64 { return s.calls.Load() }

func (s *system) connection() schemas.Connection {
	return schemas.Connection{Name: "shop", BaseURL: "http://" + s.address, Auth: schemas.AuthNone, PrivateHosts: []string{s.address}}
}
