// One message per template in the bank's public form; people, numbers and amounts are invented.

export type SampleMessage = {
  readonly template: string;
  readonly sender: string;
  readonly text: string;
  /** Amounts as text; members that are left out are null, the time is that of receipt. */
  readonly fields: Readonly<Record<string, string | Date>>;
};

export const messages: readonly SampleMessage[] = [
  {
    template: 'sberbank-transfer',
    sender: '900',
    text: 'СЧЁТ1234 16:21 Перевод 1 140р от Сергей С. Баланс: 10 879.81р',
    fields: {
      amount: '1140.00 RUB',
      balance: '10879.81 RUB',
      lastDigits: '1234',
      counterpartyName: 'Сергей С.',
      at: new Date('2026-07-25T13:21:00Z'),
    },
  },
  {
    template: 'sberbank-credit',
    sender: '900',
    text: 'MIR-2538 25.07 16:37 зачисление 5000.50р от Test Client Баланс: 125000.50р',
    fields: {
      amount: '5000.50 RUB',
      balance: '125000.50 RUB',
      lastDigits: '2538',
      counterpartyName: 'Test Client',
      at: new Date('2026-07-25T13:37:00Z'),
    },
  },
  {
    template: 'tbank-credit',
    sender: 'Tinkoff',
    text: 'Пополнение, счет RUB. 5\xA0000 ₽. Иван И. Доступно 10\xA0028,05 ₽',
    fields: {
      amount: '5000.00 RUB',
      balance: '10028.05 RUB',
      counterpartyName: 'Иван И',
    },
  },
  {
    template: 'vtb-credit',
    sender: 'VTB',
    text: 'Поступление 55р Счет*0347 от Михаил Р. Баланс 143р 16:33',
    fields: {
      amount: '55.00 RUB',
      balance: '143.00 RUB',
      lastDigits: '0347',
      counterpartyName: 'Михаил Р.',
      at: new Date('2026-07-25T13:33:00Z'),
    },
  },
  {
    template: 'alfabank-credit',
    sender: 'Alfa-Bank',
    text: '5*9857; Postupleniye; Summa: 1300,00 RUR; Ostatok: 137482,27 RUR; 03.12.2025',
    fields: {
      amount: '1300.00 RUB',
      balance: '137482.27 RUB',
      lastDigits: '9857',
    },
  },
  {
    template: 'hdfc-upi',
    sender: 'VM-HDFCBK-S',
    text:
      'Credit Alert!\nRs.1,00,500.00 credited to HDFC Bank A/c XX1234 on 12-01-26 ' +
      'from VPA asha.rao@okaxis (UPI 401234567890)',
    fields: {
      amount: '100500.00 INR',
      lastDigits: '1234',
      reference: '401234567890',
      counterpartyAccount: 'asha.rao@okaxis',
    },
  },
  {
    template: 'hdfc-neft',
    sender: 'CP-HDFCBK-S',
    text:
      'Update! INR 1.00 deposited in HDFC Bank A/c XX9999 on 30-MAR-26 for NEFT ' +
      'Cr-CITI0100000-ACME TECHNOLOGIES-ASHA RAO-CITIN99999999999.Avl bal INR 8.00. ' +
      'Cheque deposits in A/C are subject to clearing',
    fields: {
      amount: '1.00 INR',
      balance: '8.00 INR',
      lastDigits: '9999',
      counterpartyName: 'ACME TECHNOLOGIES-ASHA RAO',
      reference: 'CITIN99999999999',
    },
  },
  {
    template: 'kotak-upi',
    sender: 'JD-KOTAKB-S',
    text:
      'Received Rs.250.00 in your Kotak Bank AC X3333 from asha.rao@oksbi on 14-10-25.' +
      'UPI Ref 2222222222. Not you, https://kotak.com/KBANKT/Fraud',
    fields: {
      amount: '250.00 INR',
      lastDigits: '3333',
      reference: '2222222222',
      counterpartyAccount: 'asha.rao@oksbi',
    },
  },
  {
    template: 'federal-credit',
    sender: 'AD-FEDBNK',
    text:
      'Rs 3500.50 credited to your A/c XX4567 via IMPS on 18AUG2025 11:45:30 ' +
      'IMPS Ref no 654321098765 Bal:Rs 25000.75 -Federal Bank',
    fields: {
      amount: '3500.50 INR',
      balance: '25000.75 INR',
      lastDigits: '4567',
      reference: '654321098765',
      at: new Date('2025-08-18T06:15:00Z'),
    },
  },
  {
    template: 'indusind-upi',
    sender: 'AD-INDUSIND-S',
    text:
      'A/C *XX1234 credited by Rs 25000.00 from asha.rao@ybl. RRN:510048508040. ' +
      'Avl Bal:105502.12. Not you? Call 18602677777 - IndusInd bank.',
    fields: {
      amount: '25000.00 INR',
      balance: '105502.12 INR',
      lastDigits: '1234',
      counterpartyAccount: 'asha.rao@ybl',
      reference: '510048508040',
    },
  },
  {
    template: 'faysal-transfer',
    sender: '8756',
    text:
      'PKR 135,327.46 received from Sana Malik BAFL A/C*2050 via IBFT in FBL A/C *1234 ' +
      'on 29/JAN/2026 at 01:13 PM',
    fields: {
      amount: '135327.46 PKR',
      lastDigits: '1234',
      counterpartyName: 'Sana Malik',
      at: new Date('2026-01-29T08:13:00Z'),
    },
  },
  {
    template: 'mpesa-ke-received',
    sender: 'MPESA',
    text:
      'TJF987E58C Confirmed.You have received Ksh3,300.00 from Jane Wanjiru 0712121212 ' +
      'on 15/10/25 at 12:16 AM  New M-PESA balance is Ksh4,123.12. Earn interest daily',
    fields: {
      amount: '3300.00 KES',
      balance: '4123.12 KES',
      reference: 'TJF987E58C',
      counterpartyName: 'Jane Wanjiru',
      counterpartyAccount: '0712121212',
      at: new Date('2025-10-14T21:16:00Z'),
    },
  },
  {
    template: 'mpesa-mz-received',
    sender: 'M-Pesa',
    text:
      'Confirmado DET0KAIXP5E. Recebeste  12,345.67MT de 843456 - SIMAO aos 29/5/26  as 6:22 PM ' +
      'o novo saldo  M-Pesa e de 21,234.56MT. Aproveita',
    fields: {
      amount: '12345.67 MZN',
      balance: '21234.56 MZN',
      reference: 'DET0KAIXP5E',
      counterpartyName: 'SIMAO',
      counterpartyAccount: '843456',
      at: new Date('2026-05-29T16:22:00Z'),
    },
  },
  {
    template: 'bkash-received',
    sender: 'bKash',
    text:
      'You have received Tk 6,400.00 from 01700000000. Fee Tk 0.00. Balance Tk 20,288.41. ' +
      'TrxID ABC1234XYZ at 26/05/2026 10:58.',
    fields: {
      amount: '6400.00 BDT',
      balance: '20288.41 BDT',
      reference: 'ABC1234XYZ',
      counterpartyAccount: '01700000000',
      at: new Date('2026-05-26T04:58:00Z'),
    },
  },
  {
    template: 'enbd-credit',
    sender: 'EmiratesNBD',
    text: 'AED 2,500.00 credited to A/C xxxx5678 on 24-Dec-25. Available Balance: AED 25,750.00',
    fields: {
      amount: '2500.00 AED',
      balance: '25750.00 AED',
      lastDigits: '5678',
    },
  },
  {
    template: 'alrajhi-local',
    sender: 'AlRajhiBank',
    text:
      'حوالة محلية واردة\nعبر:SAUDI ARABIAN MONETARY AUTHORITY\nمبلغ:SAR ٧٧١٤.٨٠\nالى:**4321\n' +
      'من:ACME CORP\n26/2/26 00:42',
    fields: {
      amount: '7714.80 SAR',
      lastDigits: '4321',
      counterpartyName: 'ACME CORP',
      at: new Date('2026-02-25T21:42:00Z'),
    },
  },
  {
    template: 'arabbank-credit',
    sender: 'ArabBank',
    text:
      'JOD172.005 has been credited to 0156*500from Jane Doe as CliQ transfer ' +
      'Balance 959.370JOD',
    fields: {
      amount: '172.005 JOD',
      balance: '959.370 JOD',
      lastDigits: '500',
      counterpartyName: 'Jane Doe',
    },
  },
  {
    template: 'enpara-incoming',
    sender: 'Enpara',
    text:
      'Vadesiz TL hesabınıza 11/05/2026 tarihinde Ayşe U tarafından yapılan ' +
      'para transferi (FAST) sonucunda 1.200,00 TL giriş oldu. ' +
      'İşlem sonrası hesap bakiyesi: 3.231,27 TL',
    fields: {
      amount: '1200.00 TRY',
      balance: '3231.27 TRY',
      counterpartyName: 'Ayşe U',
    },
  },
  {
    template: 'mbank-cz-incoming',
    sender: 'mBank CZ',
    text: 'Příchozí platba\n1 500,00 CZK od odesílatele JAN NOVAK. Podívejte se, zda je vše ok.',
    fields: {
      amount: '1500.00 CZK',
      counterpartyName: 'JAN NOVAK',
    },
  },
  {
    template: 'melli-deposit',
    sender: '+98700717',
    text: 'مبلغ ۱,۵۰۰,۰۰۰ ریال واریز به حساب شما انجام شد. مانده: ۲,۵۰۰,۰۰۰ ریال',
    fields: {
      amount: '1500000.00 IRR',
      balance: '2500000.00 IRR',
    },
  },
];
