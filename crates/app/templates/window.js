// Opens the provider's window. Where it comes back to is the address that this browser is at, whoever was asked for it.
const pay = document.getElementById("pay");
const wrong = document.getElementById("wrong");
const here = (path) => new URL(path, location.origin).href;

function load() {
  return new Promise((loaded, failed) => {
    const script = document.createElement("script");
    script.src = "https://js.tosspayments.com/v2/standard";
    script.onload = loaded;
    script.onerror = failed;
    document.head.append(script);
  });
}

// Ahead of the click; if that fails, the click tries again.
const ahead = load().catch(() => {});

pay.addEventListener("click", async () => {
  const { key, reference, amount, name } = pay.dataset;
  pay.disabled = true;
  wrong.hidden = true;
  try {
    await ahead;
    if (!globalThis.TossPayments) await load();
    await TossPayments(key).payment({ customerKey: TossPayments.ANONYMOUS }).requestPayment({
      method: "CARD",
      amount: { currency: "KRW", value: Number(amount) },
      orderId: reference,
      orderName: name,
      successUrl: here("/pay/return"),
      failUrl: here(`/pay/failed/${reference}`),
    });
  } catch (error) {
    wrong.hidden = error?.code === "USER_CANCEL";
  } finally {
    pay.disabled = false;
  }
});
