package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"steward/internal/knowledge"
	"steward/schemas"
)

// childArgument makes the test binary a child.
const childArgument = "read-one-page"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == childArgument {
		if len(os.Args) > 2 {
			misbehave(os.Args[2])
		}
		os.Exit(Main(context.Background(), actor{}, os.Stdin, os.Stdout))
	}
	goleak.VerifyTestMain(m)
}

// misbehave is a child that does not keep to the protocol.
func misbehave(how string) {
	switch how {
	case "half an answer":
		fmt.Print(`{"text":{"title":"a","markdown":"wor`)
		os.Exit(0)
	case "flood":
		chunk := bytes.Repeat([]byte("x"), 1<<20)
		for {
			if _, err := os.Stdout.Write(chunk); err != nil {
				os.Exit(0)
			}
		}
	case "no word":
		os.Exit(0)
	case "exit 3":
		fmt.Fprintln(os.Stderr, "secret content")
		os.Exit(3)
	case "worker":
		r := Runner{Pool: NewPool("", 1), Command: []string{os.Args[0], childArgument}, Limits: testLimits()}
		_, err := r.Read(context.Background(), knowledge.Page{Name: "hang after a word", Body: []byte(os.Args[3])})
		fmt.Println(err)
		os.Exit(1)
	case "grandchild":
		// It ends and leaves a child behind that holds on to its output.
		cmd := exec.Command("sleep", "1000")
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		if err := cmd.Start(); err != nil {
			os.Exit(4)
		}
		os.Exit(5)
	}
}

// actor reads a page by doing what its name says.
type actor struct{}

func (actor) Read(ctx context.Context, page knowledge.Page) (knowledge.Text, error) {
	switch page.Name {
	case "echo":
		dir, _ := os.Getwd()
		info, _ := os.Stat(dir)
		files, _ := os.ReadDir(dir)
		return knowledge.Text{
			Title: page.URL + " " + page.ContentType + " " + page.Language, Markdown: string(page.Body),
			Links: append(os.Environ(), info.Mode().Perm().String(), strconv.Itoa(len(files)), dir),
		}, nil
	case "fail":
		return knowledge.Text{Links: []string{"https://a.example"}}, knowledge.Fail(schemas.FailNoText, errors.New("secret content"))
	case "fail for now":
		return knowledge.Text{}, knowledge.FailForNow(schemas.FailTimeout, nil)
	case "wait":
		<-ctx.Done()
		return knowledge.Text{}, ctx.Err()
	case "hang":
		select {}
	case "hang after a word":
		if err := os.WriteFile(string(page.Body), []byte(strconv.Itoa(os.Getpid())), 0o600); err != nil {
			return knowledge.Text{}, err
		}
		select {}
	case "loop":
		for {
			runtime.KeepAlive(page)
		}
	case "allocate":
		var held [][]byte
		for {
			held = append(held, bytes.Repeat([]byte("x"), 1<<20))
			runtime.KeepAlive(held)
		}
	case "recurse":
		return knowledge.Text{Markdown: strconv.Itoa(recurse(page.Body, 1))}, nil
	case "panic":
		panic("secret content")
	case "panic elsewhere":
		go panic("secret content")
		select {}
	case "write":
		err := os.WriteFile("large", make([]byte, 8<<20), 0o600)
		return knowledge.Text{Markdown: fmt.Sprint(err)}, nil
	case "dial":
		_, err := net.DialTimeout("tcp", string(page.Body), time.Second)
		return knowledge.Text{Markdown: fmt.Sprint(err)}, nil
	case "tool":
		// A tool has the limits of the child.
		out, err := exec.CommandContext(ctx, "sh", "-c", "ulimit -d; ulimit -t; ulimit -f").Output()
		return knowledge.Text{Markdown: strings.Join(strings.Fields(string(out)), " ")}, err
	}
	return knowledge.Text{}, knowledge.Fail(schemas.FailUnsupportedType, nil)
}

func recurse(body []byte, n int) int {
	if n == 0 {
		return 0
	}
	return recurse(append(body, byte(n)), n+1) + 1
}

func runner(t *testing.T, arguments ...string) Runner {
	t.Helper()
	return Runner{
		Pool: NewPool(t.TempDir(), 2), Command: append([]string{os.Args[0], childArgument}, arguments...),
		Timeout: 30 * time.Second, Limits: testLimits(),
	}
}

// testLimits are the default ones, but for memory with the race detector: its
// shadow memory counts like the program's own.
func testLimits() Limits {
	limits := DefaultLimits()
	if raceDetector {
		limits.Memory, limits.Addresses = 1<<50, 1<<50
	}
	return limits
}

func TestPageAndTextPassUnchanged(t *testing.T) {
	t.Parallel()
	body := strings.Repeat("a <b> & \"c\" – å\n", 100_000)
	got, err := runner(t).Read(t.Context(), knowledge.Page{
		Name: "echo", URL: "https://a.example/?a=1&b=2", ContentType: "text/plain", Language: "it", Body: []byte(body),
	})
	if err != nil {
		t.Fatal(err)
	}
	if got.Title != "https://a.example/?a=1&b=2 text/plain it" || got.Markdown != body {
		t.Errorf("title %q, %d bytes", got.Title, len(got.Markdown))
	}
}

func TestChildHasAnEmptyFolderAndNoSecrets(t *testing.T) {
	t.Setenv("STEWARD_SECRET", "hunter2")
	r := runner(t)
	got, err := r.Read(t.Context(), knowledge.Page{Name: "echo", Body: []byte("x")})
	if err != nil {
		t.Fatal(err)
	}
	n := len(got.Links)
	mode, files, dir := got.Links[n-3], got.Links[n-2], got.Links[n-1]
	if mode != "-rwx------" || files != "0" || !strings.HasPrefix(filepath.Base(dir), folderPrefix) {
		t.Errorf("folder %s has mode %s and %s files", dir, mode, files)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is still there: %v", err)
	}
	var names []string
	for _, variable := range got.Links[:n-3] {
		name, _, _ := strings.Cut(variable, "=")
		names = append(names, name)
	}
	want := []string{"PATH", "LANG", "LC_ALL", "HOME", "TMPDIR", "GOTRACEBACK", "GOMAXPROCS", "OMP_THREAD_LIMIT"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
}

func TestEveryEndHasAReason(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		child string
		page  string
		size  int
		limit func(*Runner)
		want  schemas.FailCode
		again bool
		skip  bool
	}{
		{name: "reason of the reader", page: "fail", want: schemas.FailNoText},
		{name: "passing reason of the reader", page: "fail for now", want: schemas.FailTimeout, again: true},
		{name: "reader out of time", page: "wait", limit: func(r *Runner) { r.Timeout = time.Second }, want: schemas.FailTimeout, again: true},
		{name: "hangs", page: "hang", limit: func(r *Runner) { r.Timeout = time.Second }, want: schemas.FailTimeout, again: true},
		{name: "loops", page: "loop", limit: func(r *Runner) { r.Limits.Processor = 1 }, want: schemas.FailTimeout},
		{name: "small file takes all memory", page: "allocate", want: schemas.FailBomb, skip: raceDetector},
		{name: "large file takes all memory", page: "allocate", size: largeFile, want: schemas.FailTooLarge, skip: raceDetector},
		{name: "recurses", page: "recurse", want: schemas.FailBomb},
		{name: "panics", page: "panic", want: schemas.FailInternal},
		{name: "panics in a goroutine", page: "panic elsewhere", want: schemas.FailInternal},
		{name: "half an answer", child: "half an answer", want: schemas.FailInternal, again: true},
		{name: "no answer", child: "no word", want: schemas.FailInternal, again: true},
		{name: "endless answer", child: "flood", want: schemas.FailTooLarge},
		{name: "exit code", child: "exit 3", want: schemas.FailInternal, again: true},
		{name: "leaves a process behind", child: "grandchild", want: schemas.FailInternal, again: true},
		{name: "larger than any file", page: "echo", size: schemas.MaxSourceBytes + 1, want: schemas.FailTooLarge},
		{name: "no program", limit: func(r *Runner) { r.Command = []string{"/does/not/exist"} }, want: schemas.FailInternal, again: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.skip {
				t.Skip("the race detector needs more memory than the limit")
			}
			var arguments []string
			if tt.child != "" {
				arguments = append(arguments, tt.child)
			}
			r := runner(t, arguments...)
			if tt.limit != nil {
				tt.limit(&r)
			}
			start := time.Now()
			_, err := r.Read(t.Context(), knowledge.Page{Name: tt.page, Body: make([]byte, tt.size)})
			code, again := knowledge.CodeOf(err)
			if code != tt.want || again != tt.again {
				t.Errorf("code %q, again %v: %v", code, again, err)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("the error holds content: %v", err)
			}
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

func TestTextComesWithAReason(t *testing.T) {
	t.Parallel()
	got, err := runner(t).Read(t.Context(), knowledge.Page{Name: "fail", Body: []byte("x")})
	if err == nil || len(got.Links) != 1 {
		t.Errorf("links %v, error %v", got.Links, err)
	}
}

func TestFilesOfAChildAreBounded(t *testing.T) {
	t.Parallel()
	r := runner(t)
	r.Limits.FileSize = 1 << 20
	got, err := r.Read(t.Context(), knowledge.Page{Name: "write", Body: []byte("x")})
	if err != nil || !strings.Contains(got.Markdown, "file too large") {
		t.Errorf("%q, %v", got.Markdown, err)
	}
}

func TestToolsInheritTheLimits(t *testing.T) {
	t.Parallel()
	r := runner(t)
	got, err := r.Read(t.Context(), knowledge.Page{Name: "tool", Body: []byte("x")})
	if err != nil {
		t.Fatal(err)
	}
	// In KiB, seconds and blocks of 512 bytes.
	want := fmt.Sprint(r.Limits.Memory>>10, r.Limits.Processor, r.Limits.FileSize>>9)
	if got.Markdown != want {
		t.Errorf("limits %q, want %q", got.Markdown, want)
	}
}

func TestChildReachesNoNetwork(t *testing.T) {
	t.Parallel()
	if !isolates(t) {
		t.Skip("this system permits no network namespaces, so a child keeps its network")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	got, err := runner(t).Read(t.Context(), knowledge.Page{Name: "dial", Body: []byte(listener.Addr().String())})
	if err != nil || got.Markdown == "<nil>" {
		t.Errorf("the child reached the worker's network: %q, %v", got.Markdown, err)
	}
}

func isolates(t *testing.T) bool {
	t.Helper()
	cmd := exec.Command("true")
	cmd.SysProcAttr = attributes(true)
	return runtime.GOOS == "linux" && cmd.Run() == nil
}

func TestMainRefusesWhatIsNoRequest(t *testing.T) {
	t.Parallel()
	for name, input := range map[string]string{
		"nothing":       "",
		"no line":       "{}",
		"no json":       "hello\n",
		"no time":       `{"size":1}` + "\nx",
		"negative size": `{"size":-1,"ms":1}` + "\n",
		"huge size":     `{"size":99999999999,"ms":1}` + "\n",
		"endless line":  strings.Repeat(" ", maxRequest+1),
	} {
		var out bytes.Buffer
		if code := Main(t.Context(), actor{}, strings.NewReader(input), &out); code != exitNoRequest || out.Len() > 0 {
			t.Errorf("%s: code %d, output %q", name, code, out.String())
		}
	}
}
