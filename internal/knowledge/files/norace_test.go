//go:build !race

package files

// raceDetector is true in tests with the race detector.
const raceDetector = false
