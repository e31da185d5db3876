package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Listener is told of the database's notifications. Its methods are called
// from one goroutine and must not block.
type Listener interface {
	// Listening is called after every connect: notifications may have been lost
	// before it, so everything has to be read again.
	Listening()
	// Notified is called for each notification on NotifyInbox, NotifyChat or
	// NotifyHandoff.
	Notified(channel, payload string)
}

// How a listening connection is kept.
const (
	listenCheck    = 20 * time.Second
	listenRetryMin = 100 * time.Millisecond
	listenRetryMax = 2 * time.Second
)

// Listen hands notifications to l over one connection of its own until ctx
// ends. It connects again, without limit, when the connection is lost.
func (s *Store) Listen(ctx context.Context, l Listener) {
	wait := listenRetryMin
	for ctx.Err() == nil {
		connected := false
		err := s.listen(ctx, l, func() { connected = true })
		if connected {
			wait = listenRetryMin
		}
		if err == nil || ctx.Err() != nil {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		wait = min(2*wait, listenRetryMax)
	}
}

func (s *Store) listen(ctx context.Context, l Listener, connected func()) error {
	conn, err := pgx.ConnectConfig(ctx, s.pool.Config().ConnConfig)
	if err != nil {
		return fmt.Errorf("connect to listen: %w", err)
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = conn.Close(closing)
	}()
	for _, channel := range []string{NotifyInbox, NotifyChat, NotifyHandoff} {
		if _, err := conn.Exec(ctx, "listen "+channel); err != nil {
			return fmt.Errorf("listen to %s: %w", channel, err)
		}
	}
	connected()
	l.Listening()
	for {
		n, err := nextNotification(ctx, conn)
		if err != nil {
			return err
		}
		if n != nil {
			l.Notified(n.Channel, n.Payload)
		}
	}
}

// nextNotification waits for a notification, or returns nil after a while in
// which none came and the connection proved alive.
func nextNotification(ctx context.Context, conn *pgx.Conn) (*pgconn.Notification, error) {
	waiting, cancel := context.WithTimeout(ctx, listenCheck)
	defer cancel()
	n, err := conn.WaitForNotification(waiting)
	if err == nil {
		return n, nil
	}
	if ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded) && !pgconn.Timeout(err) {
		return nil, fmt.Errorf("wait for notification: %w", err)
	}
	checking, cancelCheck := context.WithTimeout(ctx, listenRetryMax)
	defer cancelCheck()
	if err := conn.Ping(checking); err != nil {
		return nil, fmt.Errorf("check listening connection: %w", err)
	}
	return nil, nil
}
