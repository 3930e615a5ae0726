'use strict';
// CommonJS, because Temporal loads converters with require() and bundles this file into the workflow sandbox.
const { DefaultFailureConverter } = require('@temporalio/common');

// Puts messages and stack traces of failures where the payload codec encrypts them; in the clear stay only types.
module.exports = { failureConverter: new DefaultFailureConverter({ encodeCommonAttributes: true }) };
