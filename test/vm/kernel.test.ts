import { inject } from 'vitest';
import { testKernel } from './kernel-suite.ts';
import { kernelOf } from './kernels.ts';

declare module 'vitest' {
  interface ProvidedContext {
    kernel: string;
  }
}

testKernel(kernelOf(inject('kernel')));
