// Package media turns videos into text: what is said in them, by a
// transcription service, or their subtitles.
//
// It owns the calls of ffmpeg, which run in the processes of the sandbox, and
// the requests to the service. It must not keep sound or transcripts, and
// nothing of either may stand in an error. Spec: S15.
package media
