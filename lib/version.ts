/** The version of this package, as nodes tell it to each other. A test compares it with package.json. */
export const version = '0.1.0';
