package office

import (
	"context"
	"fmt"

	"steward/internal/knowledge"
)

// maxSlides is the number of slides read.
const maxSlides = 2000

// deck is a presentation that is being read.
type deck struct {
	*drawings
	langs votes
	// footers are the texts of footers so far: each is written once.
	footers map[string]bool
	// masters are the masters and layouts whose own text has been written.
	masters map[string]bool
	// title is that of the first slide, when it is laid out as a title slide.
	title string
}

// ReadPptx returns the text of a presentation: slides in their order, each under
// its title, with lists, tables, charts, diagrams and the speaker's notes.
// Slides that the show leaves out are read: they are kept for questions. Of
// masters and layouts only what they show on every slide is read, once;
// comments, dates and slide numbers are left out. The error is a
// knowledge.Failure: encrypted, truncated, bomb, no_text, unsupported_type or
// timeout.
func ReadPptx(ctx context.Context, body []byte) (knowledge.Text, error) {
	text, cut, err := readPptx(ctx, body)
	if err != nil {
		return knowledge.Text{}, failure(err)
	}
	return result(text, cut)
}

func readPptx(ctx context.Context, body []byte) (knowledge.Text, bool, error) {
	a, err := openArchive(ctx, body)
	if err != nil {
		return knowledge.Text{}, false, err
	}
	name, err := a.mainPart("ppt/presentation.xml")
	if err != nil {
		return knowledge.Text{}, false, err
	}
	if err := a.expect(name, "presentation"); err != nil {
		return knowledge.Text{}, false, err
	}
	d := &deck{drawings: newDrawings(a), langs: votes{}, footers: map[string]bool{}, masters: map[string]bool{}}
	blocks, err := d.read(name)
	if err != nil {
		return knowledge.Text{}, false, err
	}
	text := knowledge.Text{Title: title(d.title), Language: d.langs.winner(), Markdown: render(blocks)}
	if text.Title == "" {
		text.Title = a.coreTitle()
	}
	return text, a.cut || d.room.cut, nil
}

func (d *deck) read(name string) ([]block, error) {
	slides, err := d.slides(name)
	if err != nil {
		return nil, err
	}
	if len(slides) > maxSlides {
		slides, d.room.cut = slides[:maxSlides], true
	}
	var blocks []block
	for i, slide := range slides {
		if d.room.left == 0 {
			break
		}
		found, err := d.slide(slide, i+1)
		if err != nil {
			return nil, err
		}
		blocks = append(blocks, found...)
	}
	return blocks, nil
}

// slides are the parts of the slides in the order of the presentation.
func (d *deck) slides(name string) ([]string, error) {
	relations, err := d.archive.relations(name)
	if err != nil {
		return nil, err
	}
	var slides []string
	seen := map[string]bool{}
	err = d.archive.walk(name, visit(func(el element) verdict {
		if el.name == "sldId" {
			target := relations[el.reference("id")].target
			if d.archive.has(target) && !seen[target] {
				seen[target] = true
				slides = append(slides, target)
			}
		}
		return enter
	}))
	return slides, err
}

// slide returns the blocks of one slide, under a heading.
func (d *deck) slide(name string, number int) ([]block, error) {
	s, relations, err := d.shapes(name, ownText)
	if err != nil {
		return nil, err
	}
	if number == 1 && s.titleSlide {
		d.title = s.title
	}
	inherited, err := d.inherited(relations, s.masterHidden)
	if err != nil {
		return nil, err
	}
	notes, err := d.notes(relations)
	if err != nil {
		return nil, err
	}
	body := append(append(s.blocks, inherited...), notes...)
	if s.title == "" && len(body) == 0 {
		return nil, nil
	}
	if s.title == "" {
		s.title = fmt.Sprintf("Slide %d", number)
	}
	return append([]block{{kind: kindHeading, level: 2, text: s.title}}, body...), nil
}

// inherited is what the layout and the master of a slide show on it. Their
// placeholders are only patterns.
func (d *deck) inherited(relations map[string]relation, hidden bool) ([]block, error) {
	var blocks []block
	for _, kind := range []string{"slideLayout", "slideMaster"} {
		name := find(relations, kind)
		if name == "" || hidden || !d.archive.has(name) {
			break
		}
		if d.masters[name] {
			break
		}
		d.masters[name] = true
		s, next, err := d.shapes(name, shownText)
		if err != nil {
			return nil, err
		}
		blocks, relations, hidden = append(blocks, s.blocks...), next, s.masterHidden
	}
	return blocks, nil
}

// notes is what the speaker's notes of a slide say.
func (d *deck) notes(relations map[string]relation) ([]block, error) {
	name := find(relations, "notesSlide")
	if name == "" || !d.archive.has(name) {
		return nil, nil
	}
	s, _, err := d.shapes(name, notesText)
	if err != nil || len(s.blocks) == 0 {
		return nil, err
	}
	s.blocks[0].text = "Notes: " + s.blocks[0].text
	return s.blocks, nil
}

// shapes reads the shapes of a part, and its relations.
func (d *deck) shapes(name string, wanted slideText) (*slideReader, map[string]relation, error) {
	relations, err := d.archive.relations(name)
	if err != nil {
		return nil, nil, err
	}
	s := &slideReader{deck: d, relations: relations, wanted: wanted}
	if err := d.archive.walk(name, s); err != nil {
		return nil, nil, err
	}
	return s, relations, nil
}
