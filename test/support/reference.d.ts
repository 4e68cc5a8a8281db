export function withReference(markdown: string): string;
