package render

import (
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"steward/internal/netguard"
	"steward/schemas"
)

// However a private address is written, the browser does not reach it.
func TestForbiddenAddresses(t *testing.T) {
	secret := newSite(t, map[string]http.HandlerFunc{"/": send("secret")})
	u, _ := url.Parse(secret.URL)
	port := u.Port()
	// All ports are open, so that only the address counts.
	b := open(t, Options{Dial: netguard.New(nil).DialContext})
	for _, address := range []string{
		"http://127.0.0.1:" + port, "http://2130706433:" + port, "http://0x7f.1:" + port, "http://017700000001:" + port, "http://127.1:" + port,
		"http://[::1]:" + port, "http://[::ffff:127.0.0.1]:" + port, "http://①②⑦.0.0.1:" + port, "http://0.0.0.0:" + port,
		"http://user@127.0.0.1:" + port, "http://localhost:" + port, "http://169.254.169.254/latest/meta-data/", "http://[::ffff:169.254.169.254]/",
		"https://127.0.0.1:" + port, "https://169.254.169.254/",
	} {
		t.Run(address, func(t *testing.T) {
			t.Parallel()
			if got, err := b.Render(t.Context(), address); got != "" || !isCode(err, schemas.FailForbiddenHost) {
				t.Errorf("%q, %v", got, err)
			}
			if paths := secret.all(); len(paths) != 0 {
				t.Errorf("a private address was asked for %q", paths)
			}
		})
	}
}

// A page that may be read cannot make the browser reach what may not.
func TestPageCannotReachPrivateAddresses(t *testing.T) {
	secret := newSite(t, nil)
	datagrams, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer datagrams.Close()
	_, udp, _ := net.SplitHostPort(datagrams.LocalAddr().String())
	// A request that is open until the page is done keeps the browser waiting.
	const say = `const open = new AbortController(); fetch('/hang', {signal: open.signal}).catch(() => 0);
		const done = text => { document.getElementById('out').textContent = text; open.abort() };`
	codes := map[string]string{
		"/fetch":    `fetch('SECRET/fetch', {mode: 'no-cors'}).then(() => done('reached'), () => done('refused'))`,
		"/xhr":      `const x = new XMLHttpRequest(); x.onerror = () => done('refused'); x.onload = () => done('reached'); x.open('GET', 'SECRET/xhr'); x.send()`,
		"/script":   `const s = document.createElement('script'); s.onerror = () => done('refused'); s.src = 'SECRET/script'; document.body.append(s)`,
		"/style":    `const l = document.createElement('link'); l.rel = 'stylesheet'; l.onerror = () => done('refused'); l.href = 'SECRET/style'; document.body.append(l)`,
		"/module":   `import('SECRET/module').then(() => done('reached'), () => done('refused'))`,
		"/socket":   `const w = new WebSocket('SECRET/socket'.replace('http', 'ws')); w.onerror = () => done('refused'); w.onopen = () => done('reached')`,
		"/events":   `const e = new EventSource('SECRET/events'); e.onerror = () => done('refused'); e.onopen = () => done('reached')`,
		"/worker":   `const w = new Worker(URL.createObjectURL(new Blob(["fetch('SECRET/worker', {mode: 'no-cors'}).then(() => postMessage('reached'), () => postMessage('refused'))"]))); w.onmessage = e => done(e.data)`,
		"/redirect": `fetch('/away', {mode: 'no-cors'}).then(() => done('reached'), () => done('refused'))`,
		"/local":    `fetch('http://localhost:PORT/local', {mode: 'no-cors'}).then(() => done('reached'), () => done('refused'))`,
		"/zero":     `fetch('http://0.0.0.0:PORT/zero', {mode: 'no-cors'}).then(() => done('reached'), () => done('refused'))`,
		"/leave":    `done('refused'); location = 'SECRET/leave'`,
		"/image":    `const i = new Image(); i.onerror = () => done('refused'); i.src = 'SECRET/image'`,
		"/frame":    `document.body.insertAdjacentHTML('beforeend', '<iframe src="SECRET/frame"></iframe>'); done('refused')`,
		"/beacon":   `navigator.sendBeacon('SECRET/beacon', 'x'); done('refused')`,
		"/prefetch": `document.head.insertAdjacentHTML('beforeend', '<link rel=prefetch href="SECRET/prefetch"><link rel=preconnect href="SECRET"><link rel=dns-prefetch href="SECRET">'); done('refused')`,
		"/rtc": `const c = new RTCPeerConnection({iceServers: [{urls: 'stun:127.0.0.1:UDP'}, {urls: ['turn:127.0.0.1:PORT?transport=tcp'], username: 'a', credential: 'b'}]});
			c.onicegatheringstatechange = () => { if (c.iceGatheringState === 'complete') done('refused') };
			c.createDataChannel('x'); c.createOffer().then(o => c.setLocalDescription(o))`,
		"/transport": `const w = new WebTransport('https://127.0.0.1:UDP/'); w.ready.then(() => done('reached'), () => done('refused'))`,
	}
	pages := map[string]http.HandlerFunc{"/hang": hang, "/away": http.RedirectHandler(secret.URL+"/redirect", http.StatusFound).ServeHTTP}
	fill := strings.NewReplacer("SECRET", secret.URL, "PORT", strings.TrimPrefix(secret.URL, "http://127.0.0.1:"), "UDP", udp)
	for path, code := range codes {
		pages[path] = send("<p id=out>waits</p><script>" + say + fill.Replace(code) + "</script>")
	}
	s := newSite(t, pages)
	b := open(t, Options{Timeout: 15 * time.Second}, s)
	t.Run("pages", func(t *testing.T) {
		for path := range codes {
			t.Run(path, func(t *testing.T) {
				t.Parallel()
				got, err := b.Render(t.Context(), s.URL+path)
				if err != nil || !strings.Contains(got, ">refused<") {
					t.Errorf("%v, %s", err, got)
				}
			})
		}
	})
	if paths := secret.all(); len(paths) != 0 {
		t.Errorf("a private address was asked for %q", paths)
	}
	_ = datagrams.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	if n, _, err := datagrams.ReadFrom(make([]byte, 2000)); err == nil {
		t.Errorf("%d bytes came by UDP", n)
	}
}
