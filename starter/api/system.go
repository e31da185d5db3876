package api

import (
	"context"
	"net/http"
	"sync"
	"time"

	"steward/schemas"
)

func (a *API) system() {
	serve(a, route{method: http.MethodGet, path: "/system/info", id: "get-info", summary: "What is running and where"}, a.getInfo)
	serve(a, route{method: http.MethodGet, path: "/system/health", id: "get-health", summary: "Whether the parts of the system work"}, a.getHealth)
	if a.o.Info.Dev {
		serve(a, route{
			method: http.MethodPut, path: "/system/clock", id: "put-clock",
			summary: "Move the clock by which everything is decided", hidden: true,
		}, a.putClock)
	}
}

func (a *API) getInfo(ctx context.Context, _ *struct{}) (*body[schemas.Info], error) {
	d, err := a.o.Store.TheAgent(ctx)
	if err != nil {
		return nil, err
	}
	info := a.o.Info
	info.Agent, info.Channel = d.Agent, d.PublicKey
	return answer(info, nil)
}

// probeTimeout bounds one probe.
const probeTimeout = 2 * time.Second

func (a *API) getHealth(ctx context.Context, _ *struct{}) (*body[schemas.Health], error) {
	return answer(CheckHealth(ctx, a.o.Probes), nil)
}

// CheckHealth asks all dependencies at once.
func CheckHealth(ctx context.Context, probes []Probe) schemas.Health {
	out := schemas.Health{OK: true, Checks: make([]schemas.Check, len(probes))}
	var all sync.WaitGroup
	for i, p := range probes {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, probeTimeout)
			defer cancel()
			out.Checks[i] = schemas.Check{Name: p.Name, OK: true}
			if err := p.Check(ctx); err != nil {
				out.Checks[i] = schemas.Check{Name: p.Name, Detail: p.Name + " does not answer."}
			}
		})
	}
	all.Wait()
	for _, c := range out.Checks {
		out.OK = out.OK && c.OK
	}
	return out
}

func (a *API) putClock(ctx context.Context, in *struct{ Body schemas.Clock }) (*body[schemas.ClockShown], error) {
	if err := a.o.Store.SetClock(ctx, in.Body.At, time.Duration(in.Body.ShiftSeconds)*time.Second); err != nil {
		return nil, err
	}
	now, err := a.o.Store.Now(ctx)
	return answer(schemas.ClockShown{Now: now.UTC()}, err)
}
