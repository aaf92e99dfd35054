// The body of a create call as a BitXPay shop sends it.

export function order(merchantKey: string, amount: number, more: object = {}): object {
  return {
    merchant_key: merchantKey,
    order_currency: 'USD',
    order_amount: amount,
    payment_name: 'Order 1',
    payer_email: 'payer@example.com',
    success_url: 'https://shop.example.com/thanks',
    cancel_url: 'https://shop.example.com/cart',
    ...more,
  };
}
