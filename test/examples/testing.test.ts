// The example of `headrace/testing` is itself a test file: its cases are collected here.

import '../../examples/testing/sales.test';
