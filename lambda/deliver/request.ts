// What the function is asked that carries alerts: one alert, one way.

import type { Way } from '../../lib/compile/alert-request';
import type { AlertFacts } from '../../lib/view/alert-facts';
import type { AlertMessage } from '../../lib/view/alert-message';

export interface Alerted extends AlertFacts {
  readonly message: AlertMessage;
}

export interface Delivery {
  readonly way: Way;
  readonly alert: Alerted;
}
