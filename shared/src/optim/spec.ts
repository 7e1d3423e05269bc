/** The description of a training algorithm, with every hyper-parameter filled in. */
export type OptimizerSpec =
  | {
      readonly type: 'sgd';
      readonly learningRate: number;
      readonly momentum: number;
      readonly nesterov: boolean;
      readonly weightDecay: number;
    }
  | {
      readonly type: 'adam' | 'adamw';
      readonly learningRate: number;
      readonly beta1: number;
      readonly beta2: number;
      readonly epsilon: number;
      /** `adam` adds it to the gradient, `adamw` shrinks the weights (Loshchilov & Hutter 2019). */
      readonly weightDecay: number;
    }
  | {
      readonly type: 'rmsprop';
      readonly learningRate: number;
      readonly decay: number;
      readonly epsilon: number;
      readonly weightDecay: number;
    }
  | {
      readonly type: 'adagrad';
      readonly learningRate: number;
      readonly epsilon: number;
      readonly weightDecay: number;
    };
