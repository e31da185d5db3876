//go:build !race

package sandbox

// raceDetector is true in tests with the race detector.
const raceDetector = false
