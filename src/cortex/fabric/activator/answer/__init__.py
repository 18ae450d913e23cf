"""The way of one query: frame, route, agree, plan, ask or act, answer."""
