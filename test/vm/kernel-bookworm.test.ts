import { testKernel } from './kernel-suite.ts';

testKernel('bookworm');
