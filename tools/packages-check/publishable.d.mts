export const root: string;
export function publishable(): { name: string; folder: string }[];
export function packageManager(): string[];
