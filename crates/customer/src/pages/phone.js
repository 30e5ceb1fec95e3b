
// The server sends the whole chat, escaped, whenever something in it changes.
const chat = document.querySelector("#chat");
const line = document.querySelector("#line");
const isAtEnd = () => innerHeight + scrollY > document.body.scrollHeight - 160;
const toEnd = () => scrollTo(0, document.body.scrollHeight);

const source = new EventSource(chat.dataset.stream);
source.addEventListener("open", () => (line.textContent = ""));
source.addEventListener("error", () => (line.textContent = "다시 연결하고 있어요"));
source.addEventListener("chat", ({ data }) => {
  const follows = isAtEnd();
  chat.innerHTML = data;
  if (follows) toEnd();
});
toEnd();
