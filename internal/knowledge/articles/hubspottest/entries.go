package hubspottest

import "maps"

// Article is a published knowledge-base article that everybody may see.
func Article(id, title, body string) Entry {
	return Entry{
		"id": id, "title": title, "body": body, "language": "en", "state": "PUBLISHED", "accessType": "PUBLIC",
		"accessGroupIds": []string{}, "archivedInDashboard": false, "knowledgeBaseId": "23456789", "path": "article-" + id,
		"url": "https://help.example.com/article-" + id, "tagIds": []string{},
		"createdAt": "2026-01-15T10:30:00Z", "updatedAt": "2026-01-15T14:45:00Z", "publishedAt": "2026-01-15T12:00:00Z",
	}
}

// Post is a published blog post.
func Post(id, title, body string) Entry {
	e := content(id, title, "https://www.example.com/blog/"+id)
	e["postBody"], e["postSummary"], e["rssBody"] = body, "A summary.", body
	e["contentTypeCategory"], e["blogAuthorId"] = "3", "4183274253"
	return e
}

// Page is a published page whose modules show the given fields, one module to a
// row of the drag-and-drop area.
func Page(id, title string, modules ...map[string]any) Entry {
	e := content(id, title, "https://www.example.com/"+id)
	e["contentTypeCategory"], e["templatePath"] = "1", "@hubspot/elevate/templates/page.hubl.html"
	rows := make([]any, 0, len(modules))
	for _, fields := range modules {
		rows = append(rows, map[string]any{"0": Module(fields)})
	}
	e["layoutSections"] = map[string]any{"dnd_area": Cell(rows...)}
	return e
}

// Cell is a section or column with rows, as drag-and-drop areas have them.
func Cell(rows ...any) map[string]any {
	return map[string]any{
		"cells": []any{}, "cssClass": "", "cssId": "", "cssStyle": "", "label": "Main section", "name": "dnd_area",
		"params": map[string]any{"css_class": "dnd-column"}, "rowMetaData": []any{map[string]any{"cssClass": "dnd-row"}},
		"rows": rows, "type": "cell", "w": 12, "x": 0,
	}
}

// Module is one module of a drag-and-drop area.
func Module(fields map[string]any) map[string]any {
	params := map[string]any{
		"child_css": map[string]any{}, "css": map[string]any{}, "css_class": "dnd-module",
		"extra_classes": "widget-type-rich_text and some more", "path": "@hubspot/rich_text", "schema_version": 2,
		"smart_objects": []any{}, "smart_type": "NOT_SMART", "wrap_field_tag": "div",
		"style": map[string]any{"background": "a wide and soft gradient"},
	}
	maps.Copy(params, fields)
	return map[string]any{
		"cells": []any{}, "cssClass": "", "cssId": "", "cssStyle": "", "name": "module_17182846336062",
		"params": params, "rowMetaData": []any{}, "rows": []any{}, "type": "custom_widget", "w": 12, "x": 0,
	}
}

// content has the fields that pages and posts share.
func content(id, title, address string) Entry {
	return Entry{
		"id": id, "name": "internal " + title, "htmlTitle": title, "slug": id, "url": address, "domain": "www.example.com",
		"state": "PUBLISHED_OR_SCHEDULED", "currentState": "PUBLISHED", "currentlyPublished": true,
		"archivedInDashboard": false, "archivedAt": "1970-01-01T00:00:00Z", "language": "en-us", "password": "",
		"publicAccessRulesEnabled": false, "publicAccessRules": []any{}, "metaDescription": "A description.",
		"widgets": map[string]any{}, "widgetContainers": map[string]any{}, "layoutSections": map[string]any{},
		"created": "2026-01-15T10:30:00Z", "updated": "2026-01-15T14:45:00Z", "publishDate": "2026-01-15T12:00:00Z",
		"translations": map[string]any{},
	}
}
