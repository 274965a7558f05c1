export * from '../../lib/testing/stores/store-fixtures.js';
