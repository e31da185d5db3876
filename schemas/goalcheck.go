package schemas

import (
	"fmt"
	"math"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of goals, as counts and as characters of a text.
const (
	MaxGoals         = 20
	MaxCriteria      = 5
	maxOptions       = 20
	maxGoalRules     = 20
	maxTriggers      = 50
	maxSetProperties = 20
	maxPoints        = 1000
	maxCooldownDays  = 365
	maxMaxAsks       = 2
	titleRunes       = 100
	phraseRunes      = 200
	questionRunes    = 500
	messageRunes     = 1000
	urlBytes         = 2000
)

var (
	goalName     = regexp.MustCompile(`^[a-z][a-z0-9_]{0,47}$`)
	goalProperty = regexp.MustCompile(`^[a-z][a-z0-9_]{0,99}$`)
	// verdictWord begins a word that tells a customer what the rules made of
	// them, in the languages of the agent's own texts.
	verdictWord = regexp.MustCompile(`(?i)(?:^|[^\pL])(?:un|dis|s|de|des|o)?(?:qualif|kvalif|cualif|calific)`)
)

// ValidateGoals says what is wrong with an agent's goals. languages are the
// agent's; every customer text is needed in the first. Spec: S54.
func ValidateGoals(goals []Goal, languages []string) error {
	if len(goals) > MaxGoals {
		return wrongField("goals", fmt.Sprintf("at most %d are possible", MaxGoals))
	}
	seen := map[string]bool{}
	for _, g := range goals {
		if err := g.Validate(languages); err != nil {
			return err
		}
		if seen[g.Name] {
			return wrongField("goals", fmt.Sprintf("the name %q is used twice", g.Name))
		}
		seen[g.Name] = true
	}
	return nil
}

// Validate says what is wrong with g, by field. Spec: S54.
func (g Goal) Validate(languages []string) error {
	if !goalName.MatchString(g.Name) {
		return wrongField("goals.name", fmt.Sprintf("%q: use a small letter, then small letters, digits and underscores, at most 48", clipped(g.Name)))
	}
	at := "goals." + g.Name
	if err := needText(at+".title", g.Title, titleRunes); err != nil {
		return err
	}
	if err := g.Trigger.validate(at + ".trigger"); err != nil {
		return err
	}
	if n := len(g.Criteria); n < 1 || n > MaxCriteria {
		return wrongField(at+".criteria", fmt.Sprintf("1 to %d are needed, there are %d", MaxCriteria, n))
	}
	names := map[string]bool{}
	for _, c := range g.Criteria {
		if err := c.validate(at+".criteria", languages); err != nil {
			return err
		}
		if names[c.Name] {
			return wrongField(at+".criteria", fmt.Sprintf("the name %q is used twice", c.Name))
		}
		names[c.Name] = true
	}
	if err := g.validatePoints(at); err != nil {
		return err
	}
	for verdict, outcome := range g.Outcomes {
		if !verdict.Valid() {
			return wrongField(at+".outcomes", fmt.Sprintf("%q: use qualified, partially_qualified, unqualified or incomplete", clipped(string(verdict))))
		}
		if err := outcome.validate(at+".outcomes."+string(verdict), verdict, languages); err != nil {
			return err
		}
	}
	if g.CooldownDays < 0 || g.CooldownDays > maxCooldownDays {
		return wrongField(at+".cooldown_days", fmt.Sprintf("0 (30 days) to %d", maxCooldownDays))
	}
	return nil
}

// validatePoints refuses limits that no customer can reach.
func (g Goal) validatePoints(at string) error {
	if g.PartialAt > g.QualifiedAt {
		return wrongField(at+".partial_at", "is at most qualified_at")
	}
	most := 0
	for _, c := range g.Criteria {
		most += c.MostPoints()
	}
	if g.QualifiedAt > most {
		return wrongField(at+".qualified_at", fmt.Sprintf("is %d, and the rules give at most %d points", g.QualifiedAt, most))
	}
	if g.PartialAt < -maxPoints*maxGoalRules*MaxCriteria {
		return wrongField(at+".partial_at", "is less than any answers can give")
	}
	return nil
}

// MostPoints is a bound of what one answer can give: the sum of all points that
// are no deduction.
func (c Criterion) MostPoints() int {
	most := 0
	for _, r := range c.Rules {
		most += max(0, r.Points)
	}
	return most
}

func (t GoalTrigger) validate(at string) error {
	if len(t.Phrases) > maxTriggers {
		return wrongField(at+".phrases", fmt.Sprintf("at most %d are possible", maxTriggers))
	}
	for _, p := range t.Phrases {
		if err := needText(at+".phrases", p, phraseRunes); err != nil {
			return err
		}
	}
	return knownChannels(at+".channels", t.Channels)
}

// validate checks one criterion. Protected characteristics of people are no
// ground for a decision about them, so none may be asked.
func (c Criterion) validate(at string, languages []string) error {
	if !goalName.MatchString(c.Name) {
		return wrongField(at+".name", fmt.Sprintf("%q: use a small letter, then small letters, digits and underscores, at most 48", clipped(c.Name)))
	}
	at += "." + c.Name
	if err := needTexts(at+".question", c.Question, languages, questionRunes, true); err != nil {
		return err
	}
	switch c.Type {
	case PropertyText, PropertyNumber, PropertyBoolean, PropertyEnum:
	case PropertyDate, PropertyDateTime:
		fallthrough
	default:
		return wrongField(at+".type", "use text, number, boolean or enum")
	}
	if (c.Object == "") != (c.Property == "") {
		return wrongField(at+".property", "object and property are set together, or neither")
	}
	if c.Object != "" && !c.Object.Valid() {
		return wrongField(at+".object", "use contact, company, deal or ticket")
	}
	if c.Property != "" && !goalProperty.MatchString(c.Property) {
		return wrongField(at+".property", "use the CRM's own name: small letters, digits and underscores, at most 100")
	}
	if c.MaxAsks < 0 || c.MaxAsks > maxMaxAsks {
		return wrongField(at+".max_asks", "is 1 or 2, or 0 for 2")
	}
	if word, ok := c.protected(); ok {
		return wrongField(at, fmt.Sprintf("asks about a protected characteristic (%q): customers are never judged by age, sex, origin, religion, health, orientation, union, politics and the like; ask something else", word))
	}
	if err := c.validateOptions(at + ".options"); err != nil {
		return err
	}
	if len(c.Rules) > maxGoalRules {
		return wrongField(at+".rules", fmt.Sprintf("at most %d are possible", maxGoalRules))
	}
	for i, r := range c.Rules {
		if err := c.validateRule(fmt.Sprintf("%s.rules.%d", at, i), r); err != nil {
			return err
		}
	}
	return nil
}

func (c Criterion) validateOptions(at string) error {
	if c.Type != PropertyEnum {
		if len(c.Options) > 0 {
			return wrongField(at, "only an enum has options")
		}
		return nil
	}
	if n := len(c.Options); n < 2 || n > maxOptions {
		return wrongField(at, fmt.Sprintf("an enum has 2 to %d, there are %d", maxOptions, n))
	}
	values, labels := map[string]bool{}, map[string]bool{}
	for i, o := range c.Options {
		if err := needText(at+".value", o.Value, titleRunes); err != nil {
			return err
		}
		if values[o.Value] {
			return wrongField(at, fmt.Sprintf("the value %q is used twice", clipped(o.Value)))
		}
		values[o.Value] = true
		if err := needTexts(at+".label", o.Label, nil, titleRunes, false); err != nil {
			return err
		}
		for lang, label := range o.Label {
			key := lang + " " + strings.ToLower(strings.TrimSpace(label))
			if labels[key] {
				return wrongField(at+".label", fmt.Sprintf("two options are called %q", clipped(label)))
			}
			labels[key] = true
		}
		if low, high := o.Bounds(); low > high {
			return wrongField(at, fmt.Sprintf("option %q: from is more than to", clipped(o.Value)))
		}
		for _, earlier := range c.Options[:i] {
			if earlier.overlaps(o) {
				return wrongField(at, fmt.Sprintf("the numbers of %q and %q overlap; both bounds belong to an option", clipped(earlier.Value), clipped(o.Value)))
			}
		}
	}
	return nil
}

// Ranged reports whether o stands for numbers.
func (o CriterionOption) Ranged() bool { return o.From != 0 || o.To != 0 }

// Bounds are the numbers that o stands for, both included; an open side is an
// infinity.
func (o CriterionOption) Bounds() (low, high float64) {
	low, high = math.Inf(-1), math.Inf(1)
	if o.From != 0 {
		low = o.From
	}
	if o.To != 0 {
		high = o.To
	}
	return low, high
}

func (o CriterionOption) overlaps(other CriterionOption) bool {
	if !o.Ranged() || !other.Ranged() {
		return false
	}
	low, high := o.Bounds()
	otherLow, otherHigh := other.Bounds()
	return low <= otherHigh && otherLow <= high
}

func (c Criterion) validateRule(at string, r GoalRule) error {
	if !r.Op.Valid() {
		return wrongField(at+".op", "use eq, in, gte, lte, contains or exists")
	}
	if !r.Op.fits(c.Type) {
		return wrongField(at+".op", fmt.Sprintf("%s does not fit an answer of type %s", r.Op, c.Type))
	}
	switch n := len(r.Values); {
	case r.Op == OpExists && n != 0:
		return wrongField(at+".values", "exists takes none")
	case r.Op == OpIn && (n < 1 || n > maxOptions):
		return wrongField(at+".values", fmt.Sprintf("in takes 1 to %d", maxOptions))
	case r.Op != OpExists && r.Op != OpIn && n != 1:
		return wrongField(at+".values", fmt.Sprintf("%s takes one", r.Op))
	}
	for _, v := range r.Values {
		if strings.TrimSpace(v) == "" || !c.Answers(v) {
			return wrongField(at+".values", fmt.Sprintf("%q is no answer to a question of type %s", clipped(v), c.Type))
		}
	}
	if r.Points < -maxPoints || r.Points > maxPoints {
		return wrongField(at+".points", fmt.Sprintf("is -%d to %d", maxPoints, maxPoints))
	}
	if r.Points == 0 && !r.Knockout {
		return wrongField(at, "gives no points and knocks nobody out, so it does nothing")
	}
	if utf8.RuneCountInString(r.Reason) > phraseRunes {
		return wrongField(at+".reason", fmt.Sprintf("has at most %d characters", phraseRunes))
	}
	return nil
}

// fits reports whether o can compare answers of a type.
func (o GoalOp) fits(t PropertyType) bool {
	switch o {
	case OpEquals, OpExists:
		return true
	case OpIn:
		return t != PropertyBoolean
	case OpAtLeast, OpAtMost:
		return t == PropertyNumber
	case OpContains:
		return t == PropertyText
	}
	return false
}

// Answers reports whether value is one that c's type allows: a number in
// decimal form with a dot, true or false, one of the options, or any text.
func (c Criterion) Answers(value string) bool {
	switch c.Type {
	case PropertyNumber:
		n, err := strconv.ParseFloat(value, 64)
		return err == nil && !math.IsNaN(n) && !math.IsInf(n, 0)
	case PropertyBoolean:
		return value == "true" || value == "false"
	case PropertyEnum:
		for _, o := range c.Options {
			if o.Value == value {
				return true
			}
		}
		return false
	case PropertyText, PropertyDate, PropertyDateTime:
	}
	return strings.TrimSpace(value) != ""
}

func (o GoalOutcome) validate(at string, verdict GoalVerdict, languages []string) error {
	for field, set := range map[string]map[string]string{".set": o.Set, ".properties": o.Properties} {
		if len(set) > maxSetProperties {
			return wrongField(at+field, fmt.Sprintf("at most %d are possible", maxSetProperties))
		}
		for name := range set {
			if !goalProperty.MatchString(name) {
				return wrongField(at+field, fmt.Sprintf("%q is no name of a property", clipped(name)))
			}
		}
	}
	switch o.Create {
	case "", ObjectDeal, ObjectTicket:
	case ObjectContact, ObjectCompany:
		fallthrough
	default:
		return wrongField(at+".create", "use deal or ticket, or leave it empty")
	}
	if o.Create == "" && len(o.Properties) > 0 {
		return wrongField(at+".properties", "belong to what create makes, which is empty")
	}
	if o.Route != "" {
		if _, err := ParseID(PrefixTeam, string(o.Route)); err != nil {
			return wrongField(at+".route", "is the id of a team, team_…, or empty")
		}
	}
	if o.BookingURL != "" && !bookable(o.BookingURL) {
		return wrongField(at+".booking_url", "is a complete https address without a user name")
	}
	if err := needTexts(at+".message", o.Message, languages, messageRunes, false); err != nil {
		return err
	}
	if verdict == GoalUnqualified || verdict == GoalIncomplete {
		for _, text := range o.Message {
			if verdictWord.MatchString(text) {
				return wrongField(at+".message", "must not tell customers that they are not qualified")
			}
		}
	}
	return nil
}

func bookable(address string) bool {
	u, err := url.Parse(address)
	return err == nil && len(address) <= urlBytes && u.Scheme == "https" && u.Hostname() != "" && u.User == nil
}
