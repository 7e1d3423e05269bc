/** The digest of the final weights, and a button that copies it. */

import { find, setText } from './elements.ts';

export function bindDigest(): (digest: string) => void {
  const result = find('#result', HTMLElement);
  const code = find('#digest', HTMLElement);
  const copied = find('#copied', HTMLElement);

  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      setText(copied, 'Copied.');
    } catch {
      // Plain http gives no clipboard: what is selected is one key away from being copied.
      getSelection()?.selectAllChildren(code);
      setText(copied, 'Selected; copy it with the keyboard.');
    }
  };
  find('#copy', HTMLButtonElement).addEventListener('click', () => void copy());

  return (digest) => {
    setText(code, digest);
    result.hidden = digest === '';
  };
}
