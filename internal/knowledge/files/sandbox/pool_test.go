package sandbox

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"steward/internal/knowledge"
	"steward/schemas"
)

func TestCancelledContextEndsTheChild(t *testing.T) {
	t.Parallel()
	r := runner(t)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(200*time.Millisecond, cancel)
	_, err := r.Read(ctx, knowledge.Page{Name: "hang", Body: []byte("x")})
	if code, again := knowledge.CodeOf(err); code != schemas.FailCancelled || !again {
		t.Errorf("code %q, again %v: %v", code, again, err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err = r.Read(ctx, knowledge.Page{Name: "hang", Body: []byte("x")})
	if code, again := knowledge.CodeOf(err); code != schemas.FailTimeout || !again {
		t.Errorf("code %q, again %v: %v", code, again, err)
	}
}

func TestPoolBoundsHowManyRun(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		pool := NewPool(root, 2)
		release, running := make(chan bool), 0
		for range 5 {
			go func() {
				err := pool.Use(t.Context(), func(string) error {
					running++
					<-release
					running--
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}()
			synctest.Wait()
		}
		if running != 2 {
			t.Errorf("%d run at once", running)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := pool.Use(ctx, func(string) error { return errors.New("ran") })
		if code, again := knowledge.CodeOf(err); code != schemas.FailTimeout || !again {
			t.Errorf("waiting ended with %v", err)
		}
		for range 5 {
			release <- true
			synctest.Wait()
		}
		if running != 0 {
			t.Errorf("%d still run", running)
		}
	})
}

func TestPoolClearsWhatAKilledWorkerLeft(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	old, fresh, other := filepath.Join(root, folderPrefix+"1"), filepath.Join(root, folderPrefix+"2"), filepath.Join(root, "other")
	for _, dir := range []string{old, fresh, other} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	long := time.Now().Add(-2 * folderAge)
	for _, dir := range []string{old, other} {
		if err := os.Chtimes(dir, long, long); err != nil {
			t.Fatal(err)
		}
	}
	NewPool(root, 1)
	left, _ := os.ReadDir(root)
	if len(left) != 2 || left[0].Name() != "other" || left[1].Name() != filepath.Base(fresh) {
		t.Errorf("left: %v", left)
	}
}
