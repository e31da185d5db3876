package schemas

// Kinds of channel with known limits that are not served yet. Spec: S35, S36.
const (
	ChannelWhatsApp  ChannelKind = "whatsapp"
	ChannelMessenger ChannelKind = "messenger"
	ChannelEmail     ChannelKind = "email"
	ChannelCalling   ChannelKind = "calling"
	ChannelCustom    ChannelKind = "custom"
)

// ChannelLimits is what a reply on a kind of channel may be.
type ChannelLimits struct {
	// Characters is the longest reply, as a reader counts characters. It is a
	// choice for readability, shorter than what the channel takes.
	Characters int
	// Hard is what the channel itself takes at most, 0 when it sets no bound
	// that a reply comes near.
	Hard int
	// Markdown: emphasis and links are shown as such; otherwise text is plain.
	Markdown bool
	// Links: web addresses may stand in the text.
	Links bool
	// Lists: lines that begin with a mark or a number are understood.
	Lists bool
}

// Limits are those of replies on k; unknown kinds have those of a custom
// channel, the most careful of the written ones.
func (k ChannelKind) Limits() ChannelLimits {
	switch k {
	case ChannelLiveChat:
		return ChannelLimits{Characters: 600, Markdown: true, Links: true, Lists: true}
	case ChannelWhatsApp:
		return ChannelLimits{Characters: 1000, Hard: 4096, Links: true, Lists: true}
	case ChannelMessenger:
		return ChannelLimits{Characters: 1000, Hard: 2000, Links: true, Lists: true}
	case ChannelEmail:
		return ChannelLimits{Characters: 2500, Markdown: true, Links: true, Lists: true}
	case ChannelCalling:
		return ChannelLimits{Characters: 300}
	case ChannelCustom:
	}
	return ChannelLimits{Characters: 1000, Links: true, Lists: true}
}
