import { declaredMethods, type MethodDeclarations } from '../../lib/decorators/declarations.js';

interface AnyClass {
  readonly prototype: object;
}

/** What the decorators say of one method of a class. */
export function declared(type: AnyClass, method: string): MethodDeclarations {
  const declarations = declaredMethods(type.prototype).get(method);
  if (!declarations) throw new Error(`${method} carries none of our decorators.`);
  return declarations;
}

/** What defining a class throws. */
export function errorOf(define: () => unknown): Error & { readonly code?: string } {
  try {
    define();
  } catch (error) {
    return error as Error;
  }
  throw new Error('The class was accepted.');
}
