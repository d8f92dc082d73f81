package public_test

// after is what is left to do once a visit is booked: the links again.
func (g *gallery) after() {
	b := g.visitor()
	g.keep("links", b.get("/musterstadt/links"), 200)
	g.keep("links-wrong", b.post("/musterstadt/links", b.formOf("email", "x")), 422)
	g.keep("links-sent", b.post("/musterstadt/links", b.formOf("email", ada)), 200)
}
