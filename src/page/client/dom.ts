/** Returns the element with an id. */
export function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no ${id}`);
  return found;
}

/** Creates an element with text, which never becomes HTML. */
export function create<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className: string,
  text: string,
): HTMLElementTagNameMap[Tag] {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  return node;
}

/** Sets the text of an element, unless it is there already. */
export function setText(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}
