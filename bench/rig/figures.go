package rig

import (
	"slices"
	"time"
)

// Figures are what one case of a benchmark found. Times are milliseconds.
type Figures struct {
	Concurrent int     `json:"concurrent"`
	Count      int     `json:"count"`
	PerSecond  float64 `json:"per_second"`
	P50        float64 `json:"p50_ms"`
	P95        float64 `json:"p95_ms"`
	P99        float64 `json:"p99_ms"`
}

// Summarise makes figures of single times and the time that all took together.
func Summarise(concurrent int, times []time.Duration, all time.Duration) Figures {
	slices.Sort(times)
	at := func(q float64) float64 {
		if len(times) == 0 {
			return 0
		}
		return milliseconds(times[min(int(q*float64(len(times))), len(times)-1)])
	}
	return Figures{
		Concurrent: concurrent, Count: len(times), PerSecond: round(float64(len(times)) / all.Seconds()),
		P50: at(0.50), P95: at(0.95), P99: at(0.99),
	}
}

func milliseconds(d time.Duration) float64 { return round(float64(d) / float64(time.Millisecond)) }

func round(f float64) float64 { return float64(int(f*10+0.5)) / 10 }

// Ratio is a rounded to two digits after the point.
func Ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return float64(int(a/b*100+0.5)) / 100
}
