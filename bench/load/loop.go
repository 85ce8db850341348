package main

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"time"
)

// A loop runs sockets that do not block, on the thread that calls it.
type loop struct {
	epoll  int
	byFile map[int32]*socket
	buffer []byte
	events []syscall.EpollEvent
}

// A handler is told what arrived on its socket. What it writes goes out after it returned, in one piece.
type handler interface {
	received(*socket, []byte) error
	closed(*socket)
}

type socket struct {
	loop    *loop
	file    int
	out     []byte
	blocked bool
	open    bool
	handler handler
	accept  func(file int) error
}

func newLoop() (*loop, error) {
	epoll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	return &loop{
		epoll:  epoll,
		byFile: map[int32]*socket{},
		buffer: make([]byte, 1<<20),
		events: make([]syscall.EpollEvent, 256),
	}, nil
}

// An address is host:port, or the path of a unix socket.
func (l *loop) connect(address string, handler handler) (*socket, error) {
	family, target, err := resolve(address)
	if err != nil {
		return nil, err
	}
	file, err := syscall.Socket(family, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	if err := syscall.Connect(file, target); err != nil {
		syscall.Close(file)
		return nil, fmt.Errorf("connect to %s: %w", address, err)
	}
	return l.add(file, family == syscall.AF_INET, handler)
}

func (l *loop) add(file int, tcp bool, handler handler) (*socket, error) {
	if tcp {
		if err := syscall.SetsockoptInt(file, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1); err != nil {
			return nil, err
		}
	}
	made := &socket{loop: l, file: file, open: true, handler: handler}
	return made, l.watch(made)
}

// Listens on a free port of the loopback address.
func (l *loop) listen(serve func() handler) (port int, err error) {
	file, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	if err := syscall.Bind(file, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return 0, err
	}
	if err := syscall.Listen(file, 1_024); err != nil {
		return 0, err
	}
	bound, err := syscall.Getsockname(file)
	if err != nil {
		return 0, err
	}
	accept := func(file int) error {
		_, err := l.add(file, true, serve())
		return err
	}
	return bound.(*syscall.SockaddrInet4).Port, l.watch(&socket{loop: l, file: file, open: true, accept: accept})
}

func (l *loop) watch(one *socket) error {
	if err := syscall.SetNonblock(one.file, true); err != nil {
		return err
	}
	l.byFile[int32(one.file)] = one
	event := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(one.file)}
	return syscall.EpollCtl(l.epoll, syscall.EPOLL_CTL_ADD, one.file, &event)
}

// Handles what arrives within the time, or returns after the first events.
func (l *loop) turn(wait time.Duration) error {
	count, err := syscall.EpollWait(l.epoll, l.events, int(wait.Milliseconds()))
	if errors.Is(err, syscall.EINTR) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, event := range l.events[:count] {
		one, known := l.byFile[event.Fd]
		if !known {
			continue
		}
		if one.accept != nil {
			if err := one.takeAll(); err != nil {
				return err
			}
			continue
		}
		if event.Events&syscall.EPOLLOUT != 0 {
			one.flush()
		}
		if event.Events&^syscall.EPOLLOUT != 0 {
			if err := one.read(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *socket) takeAll() error {
	for {
		file, _, err := syscall.Accept4(s.file, syscall.SOCK_CLOEXEC|syscall.SOCK_NONBLOCK)
		if errors.Is(err, syscall.EAGAIN) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.accept(file); err != nil {
			return err
		}
	}
}

func (s *socket) read() error {
	count, err := syscall.Read(s.file, s.loop.buffer)
	if errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EINTR) {
		return nil
	}
	if err != nil || count == 0 {
		s.end()
		return nil
	}
	if err := s.handler.received(s, s.loop.buffer[:count]); err != nil {
		return err
	}
	s.flush()
	return nil
}

// Bytes wait for flush, which the loop calls after received.
func (s *socket) write(bytes []byte) { s.out = append(s.out, bytes...) }

func (s *socket) flush() {
	for len(s.out) > 0 && s.open {
		count, err := syscall.Write(s.file, s.out)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if errors.Is(err, syscall.EAGAIN) {
			s.wantWrite(true)
			return
		}
		if err != nil {
			s.end()
			return
		}
		s.out = s.out[:copy(s.out, s.out[count:])]
	}
	s.wantWrite(false)
}

func (s *socket) wantWrite(wanted bool) {
	if s.blocked == wanted || !s.open {
		return
	}
	s.blocked = wanted
	event := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(s.file)}
	if wanted {
		event.Events |= syscall.EPOLLOUT
	}
	_ = syscall.EpollCtl(s.loop.epoll, syscall.EPOLL_CTL_MOD, s.file, &event)
}

func (s *socket) end() {
	if !s.open {
		return
	}
	s.open = false
	delete(s.loop.byFile, int32(s.file))
	syscall.Close(s.file)
	s.handler.closed(s)
}

func resolve(address string) (int, syscall.Sockaddr, error) {
	if strings.HasPrefix(address, "/") {
		return syscall.AF_UNIX, &syscall.SockaddrUnix{Name: address}, nil
	}
	found, err := net.ResolveTCPAddr("tcp4", address)
	if err != nil {
		return 0, nil, err
	}
	return syscall.AF_INET, &syscall.SockaddrInet4{Port: found.Port, Addr: [4]byte(found.IP.To4())}, nil
}
