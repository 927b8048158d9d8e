"use strict";

const TEXTS = {
  en: {
    title: "Which digit is it?", one: "one digit", strip: "a strip of digits", mode: "What to read",
    paper: "Paper to draw on", read: "Read", clear: "Clear", file: "Picture…",
    keys: "Draw with a finger, a mouse or the keyboard: arrows move the pen, space puts it down or up, Enter reads, Escape clears. Pictures can also be dropped or pasted.",
    seen: "what the network saw", gradient: "red: more ink here would raise the answer's score; blue: lower it",
    language: "中文",
    blank: "There is no digit to be seen: draw larger or darker.", empty: "No picture was sent.",
    large: "The picture is too large: at most 8 MB and 25 million pixels.", format: "This file is not a picture.",
    damaged: "The picture is damaged or cut off.", many: "Too many pieces: is this a strip of digits?",
    offline: "The server does not answer.", other: "The server could not read this.",
  },
  zh: {
    title: "这是哪个数字？", one: "单个数字", strip: "一串数字", mode: "识别对象",
    paper: "手写区", read: "识别", clear: "清除", file: "选择图片…",
    keys: "用手指、鼠标或键盘书写：方向键移动笔，空格键落笔或抬笔，回车键识别，Esc 键清除。也可以拖入或粘贴图片。",
    seen: "网络看到的图像", gradient: "红色：此处加墨会提高得分；蓝色：会降低得分",
    language: "English",
    blank: "看不到数字，请写得大一些、重一些。", empty: "没有收到图片。",
    large: "图片过大：最大 8 MB、2500 万像素。", format: "这个文件不是图片。",
    damaged: "图片已损坏或不完整。", many: "笔画太多，这是一串数字吗？",
    offline: "服务器没有回应。", other: "服务器无法识别。",
  },
};
const by = (id) => document.getElementById(id);
const paper = by("paper"), pen = paper.getContext("2d", { willReadFrequently: true });
let language = navigator.language.startsWith("zh") ? "zh" : "en";
let marked = false;  // something was drawn
let request = 0;  // only the latest answer is shown

function speak(root = document) {
  for (const each of root.querySelectorAll("[data-text]")) each.textContent = TEXTS[language][each.dataset.text];
  for (const each of root.querySelectorAll("[data-label]")) each.setAttribute("aria-label", TEXTS[language][each.dataset.label]);
}

function setLanguage(chosen) {
  language = chosen;
  document.documentElement.lang = chosen === "zh" ? "zh-CN" : "en";
  document.title = TEXTS[chosen].title;
  by("language").textContent = TEXTS[chosen].language;
  speak();
  if (!by("error").hidden) by("error").textContent = TEXTS[chosen][by("error").dataset.key];
}

// ---- drawing

const isStrip = () => document.querySelector("[name=mode]:checked").value === "strip";

function clearPaper() {
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, paper.width, paper.height);
  Object.assign(pen, { lineCap: "round", lineJoin: "round", lineWidth: isStrip() ? 18 : 36, strokeStyle: "#111" });
  marked = false;
  show([]);
}

function setMode() {
  document.querySelector("main").classList.toggle("strip", isStrip());
  paper.width = isStrip() ? 1680 : 560;
  paper.height = isStrip() ? 320 : 560;
  Object.assign(hand, { x: paper.width / 2, y: paper.height / 2, down: false });
  clearPaper();
}

function at(event) {
  const box = paper.getBoundingClientRect();
  return [(event.clientX - box.left) * paper.width / box.width, (event.clientY - box.top) * paper.height / box.height];
}

function stroke(from, to) {
  pen.beginPath();
  pen.moveTo(...from);
  pen.lineTo(...to);
  pen.stroke();
  marked = true;
}

const fingers = new Map();
paper.addEventListener("pointerdown", (event) => {
  paper.setPointerCapture(event.pointerId);
  fingers.set(event.pointerId, at(event));
  stroke(at(event), at(event));
});
paper.addEventListener("pointermove", (event) => {
  if (!fingers.has(event.pointerId)) return;
  const parts = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
  for (const part of parts.length ? parts : [event]) {
    stroke(fingers.get(event.pointerId), at(part));
    fingers.set(event.pointerId, at(part));
  }
});
for (const name of ["pointerup", "pointercancel"]) {
  paper.addEventListener(name, (event) => {
    if (fingers.delete(event.pointerId) && name === "pointerup") readPaper();
  });
}

const hand = { x: 280, y: 280, down: false };  // the pen of the keyboard
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
let beneath = null;  // the paper under the mark that shows where the pen is

function showHand(visible) {
  if (beneath) pen.putImageData(beneath, 0, 0);
  beneath = visible ? pen.getImageData(0, 0, paper.width, paper.height) : null;
  if (!visible) return;
  pen.save();
  Object.assign(pen, { lineWidth: 4, strokeStyle: hand.down ? "#c8324b" : "#3b6fd4" });
  pen.beginPath();
  pen.arc(hand.x, hand.y, 22, 0, 7);
  pen.stroke();
  pen.restore();
}

paper.addEventListener("keydown", (event) => {
  showHand(false);
  const arrow = ARROWS[event.key];
  if (arrow) {
    const before = [hand.x, hand.y], step = event.shiftKey ? 4 : 16;
    hand.x = Math.min(Math.max(hand.x + step * arrow[0], 0), paper.width);
    hand.y = Math.min(Math.max(hand.y + step * arrow[1], 0), paper.height);
    if (hand.down) stroke(before, [hand.x, hand.y]);
  } else if (event.key === " ") {
    hand.down = !hand.down;
    if (hand.down) stroke([hand.x, hand.y], [hand.x, hand.y]);
  } else if (event.key === "Enter") {
    readPaper();
    return;
  } else if (event.key === "Escape") {
    clearPaper();
  } else {
    return;
  }
  event.preventDefault();
  showHand(true);
});
paper.addEventListener("blur", () => showHand(false));

// ---- reading

function readPaper() {
  showHand(false);
  if (!marked) return complain("blank");
  paper.toBlob(send, "image/png");
}

async function send(picture) {
  const mine = ++request;
  let answer;
  try {
    const response = await fetch(isStrip() ? "/read?strip=1" : "/read", { method: "POST", body: picture });
    answer = await response.json().catch(() => ({ error: "other" }));
  } catch {
    answer = { error: "offline" };
  }
  if (mine !== request) return;
  if (answer.error) complain(answer.error);
  else show(answer.digits);
}

function complain(key) {
  request += 1;
  show([]);
  by("error").dataset.key = key in TEXTS[language] ? key : "other";
  by("error").textContent = TEXTS[language][by("error").dataset.key];
  by("error").hidden = false;
}

function show(digits) {
  by("error").hidden = true;
  by("number").textContent = digits.map((each) => each.digit).join("");
  by("digits").replaceChildren(...digits.map(card));
}

function card(answer) {
  const made = by("digit").content.cloneNode(true);
  speak(made);
  made.querySelector(".digit").textContent = answer.digit;
  made.querySelector(".seen").src = answer.seen;
  made.querySelector(".gradient").src = answer.gradient;
  answer.probabilities.forEach((p, digit) => {
    const row = document.createElement("li"), bar = document.createElement("meter"), number = document.createElement("span");
    Object.assign(bar, { min: 0, max: 1, value: p });
    bar.setAttribute("aria-label", digit);
    number.textContent = `${(100 * p).toFixed(1)} %`;
    row.className = digit === answer.digit ? "best" : "";
    row.append(String(digit), bar, number);
    made.querySelector(".bars").append(row);
  });
  return made;
}

async function takeFile(file) {
  if (!file) return;
  clearPaper();
  await showPicture(file);
  send(file);
}

async function showPicture(file) {
  try {
    const image = await createImageBitmap(file);
    const scale = Math.min(paper.width / image.width, paper.height / image.height);
    const [w, h] = [image.width * scale, image.height * scale];
    pen.drawImage(image, (paper.width - w) / 2, (paper.height - h) / 2, w, h);
  } catch { /* the server says what is wrong with it */ }
}

by("read").onclick = readPaper;
by("clear").onclick = clearPaper;
by("language").onclick = () => setLanguage(language === "en" ? "zh" : "en");
by("file").onchange = (event) => { takeFile(event.target.files[0]); event.target.value = ""; };
for (const each of document.querySelectorAll("[name=mode]")) each.onchange = setMode;
document.addEventListener("paste", (event) => takeFile([...event.clipboardData.files][0]));
document.addEventListener("dragover", (event) => { event.preventDefault(); document.body.classList.add("dropping"); });
document.addEventListener("dragleave", () => document.body.classList.remove("dropping"));
document.addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("dropping");
  takeFile([...event.dataTransfer.files][0]);
});
setLanguage(language);
setMode();
