"""Two functions of Gradio 6.31's page script, mended as it is served: they made opening the page quadratic.

When a page opens, Gradio looks for the listeners of every component among all targets of all listeners, twice, and
walks its tree of components from the root for each value that a listener reads or sets. With 1,500 components and 500
listeners that is three million comparisons and a million steps of the walk, most of the time from address to page.
Both look things up in an index instead. (No part of this page is drawn by gr.render, which would change the tree.)

What is not found, in another version of Gradio, stays as it is: a test says so.
"""

from __future__ import annotations

import re

NAME = re.compile(r"/assets/core-[\w-]+\.js$")

FIXES = {
    "find_attached_events(e,t){let n=t.filter(t=>t.targets.find(([t])=>t===e.id)).map(t=>{let n=t.targets.find(([t])=>"
    "t===e.id);return n?n[1]:null}).filter(Boolean);return e.props.shared_props.attached_events=n,e}": """\
find_attached_events(node, listeners) {
  if (this.indexed !== listeners) { // id of a component -> the events that are listened to, one of each listener
    this.indexed = listeners;
    this.events = new Map();
    for (const { targets } of listeners) {
      const seen = new Set();
      for (const [id, event] of targets) {
        if (seen.has(id)) continue;
        seen.add(id);
        if (!this.events.has(id)) this.events.set(id, []);
        if (event) this.events.get(id).push(event);
      }
    }
  }
  node.props.shared_props.attached_events = this.events.get(node.id) ?? [];
  return node;
}""",
    "function Z(e,t){if(e.id===t)return e;if(e.children)for(let n of e.children){let e=Z(n,t);if(e)return e}"
    "return null}": """\
const indices = new WeakMap(); // root of a tree -> id -> its node
function Z(root, id) {
  if (!indices.has(root)) {
    const index = new Map();
    const walk = (node) => {
      if (!index.has(node.id)) index.set(node.id, node);
      for (const child of node.children ?? []) walk(child);
    };
    walk(root);
    indices.set(root, index);
  }
  return indices.get(root).get(id) ?? null;
}""",
}


def mended(script: bytes) -> bytes:
    """The script with every function of FIXES that stands in it replaced."""
    text = script.decode()
    for found, better in FIXES.items():
        text = text.replace(found, better)
    return text.encode()
