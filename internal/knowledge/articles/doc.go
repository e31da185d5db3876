// Package articles pulls articles out of outside knowledge systems: a JSON feed
// (https://jsonfeed.org/version/1.1) and HubSpot's CMS. It owns the paging, the
// pauses that a system asks for, and the reading of its answers. It must not
// store anything, read an article's text, or decide what becomes of articles
// that are gone: callers get the whole listing and compare.
//
// # HubSpot
//
// Read are the public list endpoints of https://api.hubapi.com, with the token
// of a private app:
//
//   - knowledge-base articles: /cms/knowledge-base/2027-03-beta/articles, scope
//     cms.knowledge_base.articles.read. This is the first public interface that
//     gives the articles with their bodies; it is a beta under a dated version,
//     so a portal may refuse it. The older site search
//     (/cms/v3/site-search/search?type=KNOWLEDGE_ARTICLE) is not used: it wants
//     a search term and gives an extract, so it can show neither the whole of an
//     article nor that one is gone.
//   - blog posts: /cms/v3/blogs/posts, scope content.
//   - website pages and landing pages: /cms/v3/pages/site-pages and
//     /cms/v3/pages/landing-pages, scope content.
//
// Only what everybody may see is pulled: published, without a password, without
// access rules. A listing that the token may not read is left out and not named
// as complete, so that its articles stay as they are.
package articles
